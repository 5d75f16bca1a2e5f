"""Train and judge the compact descriptor network."""
