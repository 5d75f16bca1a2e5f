"""Compiled inner loops of guided patch synthesis: search for patches and blend them.

Everything is integer arithmetic, so the same input gives the same bytes on every machine. A match
field holds, for every target pixel, the source pixel that it copies, packed as ``y << 16 | x``. A
packed picture is a flat uint8 array of rows of pixels with several channels each: red, green, blue,
then the guides.

The kernels release the GIL and work on a rectangle, so that several threads can share a picture.
They are compiled at the first call and cached by numba.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np


@contextmanager
def without_collections() -> Iterator[None]:
    """Run code that creates many lasting objects, as imports do, without collecting garbage.

    In a process that has torch this takes longer than the import of numba itself.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


with without_collections():
    from llvmlite import ir
    from numba import njit, types
    from numba.core import cgutils
    from numba.extending import intrinsic

PATCH = 7
"""Side of the compared patches in pixels."""

REACH = PATCH // 2
"""Distance from a patch's centre to its edge in pixels."""

CELL = 4
"""Side in source pixels of the cells in which uses are counted."""

SIMILAR = 4
"""Number of similar places stored for every source pixel."""

UNUSABLE = 255
"""Region of source pixels that are never copied."""

ANY = 254
"""Region of target pixels that may copy every usable source pixel."""

UNSET = -1
"""Match of a target pixel that has no match yet."""

PRICES = 64
"""Entries of a price table, by eighths of the fair share; the last one also for all above."""

SPARE = 128
"""Bytes after the last pixel of a packed picture, because ``_row_distance`` reads past the end."""

NO_SHIFT = -(2**31)
"""Shift of a cell that was not copied yet."""

NOT_ALLOWED = 2**30
"""Distance of a match that may not be used: greater than that of any two patches."""

_ROW, _COLUMN = 16, 0xFFFF  # a match is row << _ROW | column
_CELL_SHIFT = CELL.bit_length() - 1


def _tag(channels: int) -> tuple[int, ...]:
    """Return a tuple of this length: numba compiles kernels for the length as part of its type."""
    return (0,) * channels


@intrinsic
def _row_distance(typingctx: Any, tag: Any, a: Any, i: Any, b: Any, k: Any) -> Any:  # noqa: ARG001
    """Return the squared distance of two rows of a patch, at a[i] and b[k]; ``tag``: see ``_tag``.

    Generated as LLVM vector code for any processor: a loop over the bytes is poorly vectorised and
    takes four times as long.
    """
    counted = PATCH * len(tag)
    lanes = next(count for count in (64, 128, 256) if counted <= count)
    narrow = ir.VectorType(ir.IntType(8), lanes)
    wide = ir.VectorType(ir.IntType(32), lanes)
    mask = ir.Constant(narrow, [255] * counted + [0] * (lanes - counted))

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        def row(array_type: Any, array: Any, index: Any) -> Any:
            data = context.make_array(array_type)(context, builder, array).data
            start = builder.gep(data, [index])
            loaded = builder.load(builder.bitcast(start, narrow.as_pointer()))
            loaded.align = 1
            return builder.zext(builder.and_(loaded, mask), wide)

        first = row(signature.args[1], *arguments[1:3])
        second = row(signature.args[3], *arguments[3:])
        difference = builder.sub(first, second)
        total = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(ir.IntType(32), [wide]),
            f"llvm.vector.reduce.add.v{lanes}i32",
        )
        return builder.call(total, [builder.mul(difference, difference)])

    return types.int32(tag, a, types.intp, b, types.intp), generate


@njit(nogil=True, inline="always")
def _distance(tag, source, source_pitch, target, target_pitch, match, y, x, most):
    """Return the sum of squared differences of two patches, and the number of rows compared.

    Stops as soon as the sum exceeds ``most`` and returns the sum so far. The target's packed
    picture has a border of REACH pixels.
    """
    i = ((match >> _ROW) - REACH) * source_pitch + ((match & _COLUMN) - REACH) * len(tag)
    k = y * target_pitch + x * len(tag)
    total = np.int64(0)
    for row in range(PATCH):
        total += _row_distance(tag, source, i, target, k)
        if total > most:
            return total, row + 1
        i += source_pitch
        k += target_pitch
    return total, PATCH


def _build(channels: int, counting: bool = False) -> SimpleNamespace:
    """Compile the kernels for patches with this many channels.

    ``counting``: ``search`` returns how many distances and patch rows it computed. It is a
    compile-time constant: without it the counting code is removed.

    The kernels' closures contain only numbers. Compiled functions in a closure would have another
    identity in every process, so that numba's cache would never match.
    """
    tag = _tag(channels)
    build = f"{channels}_counting" if counting else f"{channels}"

    def kernel(function: Any) -> Any:
        # Compiled code is linked by name, so the names of different builds must differ.
        function.__name__ = function.__qualname__ = f"{function.__name__}_{build}"
        return njit(nogil=True, cache=True)(function)

    @kernel
    def pairs(source, source_pitch, first, second):
        """Return distances of source patches at matches ``first`` and ``second``, (N,) int64."""
        found = np.empty(len(first), np.int64)
        for number in range(len(first)):
            y = (first[number] >> _ROW) - REACH
            x = (first[number] & _COLUMN) - REACH
            found[number], _ = _distance(
                tag, source, source_pitch, source, source_pitch, second[number], y, x,
                NOT_ALLOWED,
            )  # fmt: skip
        return found

    @kernel
    def search(
        source, source_pitch, places, similar, target, target_pitch, regions, field, above, below,
        used, moved, rates, prices, seam, shifts, again, origin, tries, main, seed, rect,
        backwards, wrap,
    ):  # fmt: skip
        """Improve the matches inside ``rect`` of a match field, in place.

        Candidates of a pixel are the shifted matches of two neighbours (coherence, Ashikhmin 2001),
        places similar to these (k-coherence, Tong et al. 2002), and random ones. The cost of a
        match is the patches' distance, a price for how often its cell is used, ``again`` if its
        cell was last copied with another shift, to another part of the picture, and a price for
        each of the four neighbours whose match is not adjacent to it: a seam. Seams are cheap where
        both pieces have nearly the same colour (as of Kwatra et al. 2003).

        source, target: packed pictures, pitch in bytes; places: (H, W) uint8, regions of the source
        or UNUSABLE; similar: (H, W, SIMILAR) int32 matches, or half of it each way: those of the
        level below, which are then doubled; regions: (h, w) uint8 of the target;
        field: (h, w) int32; above, below: (w,) int32, the rows beyond rect's as they were before
        this pass; used: uses of each cell, moved: changes of them by this call, int32; rates:
        (256,) int64 by region, uses to eighths of the fair share in 1/4096; prices: (PRICES,)
        int64; seam: least and most price of a seam, increase per squared difference of colours in
        1/256, and the difference from which on the price is the most; shifts: (cells) int32, packed
        target pixel minus match of the last copy, or NO_SHIFT, updated in place; origin: target's
        first pixel on the canvas, packed; tries: number of random places; main: rows and columns of
        the source in which these lie; rect: left, top, right, bottom; backwards: scan from the end;
        wrap: left and right edges, and upper and lower ones, are neighbours.
        """
        left, top, right, bottom = rect
        height, width = field.shape
        rows, columns = main
        half = np.int64(similar.shape[0] < places.shape[0])
        parity = half * ((1 << _ROW) + 1)
        least, most, slope, far = seam
        step = 1 if backwards else -1
        distances = rows_seen = np.int64(0)
        for j in range(bottom - top):
            y = bottom - 1 - j if backwards else top + j
            for i in range(right - left):
                x = right - 1 - i if backwards else left + i
                region = regions[y, x]
                old = np.int64(field[y, x])
                to_left = to_right = to_above = to_below = np.int64(-1)
                if x > 0 or wrap:
                    to_left = np.int64(field[y, x - 1 if x > 0 else width - 1]) + 1
                if x < width - 1 or wrap:
                    to_right = np.int64(field[y, x + 1 if x < width - 1 else 0]) - 1
                if y > 0 or wrap:
                    to_above = np.int64(above[x] if y == top else field[y - 1, x]) + (1 << _ROW)
                if y < height - 1 or wrap:
                    to_below = np.int64(below[x] if y == bottom - 1 else field[y + 1, x]) - (
                        1 << _ROW
                    )
                across = to_left if step < 0 else to_right
                down = to_above if step < 0 else to_below
                best, cost, shifted = old, np.int64(NOT_ALLOWED), np.int64(NO_SHIFT)
                state = np.uint32(seed) ^ np.uint32(y * 2654435761) ^ np.uint32(x * 2246822519)
                for number in range(3 + 2 * SIMILAR + tries):
                    if number == 0:
                        match = old
                    elif number == 1:
                        match = across
                    elif number == 2:
                        match = down
                    elif number < 3 + 2 * SIMILAR:
                        like = across if number < 3 + SIMILAR else down
                        if like < 0 or (number >= 3 + SIMILAR and down == across):
                            continue
                        if places[like >> _ROW, like & _COLUMN] == UNUSABLE:
                            continue
                        cy, cx = like >> (_ROW + half), (like & _COLUMN) >> half
                        match = np.int64(similar[cy, cx, (number - 3) % SIMILAR])
                        match = (match << half) + (like & parity)
                        # Twice the last place of an odd side lies beyond it.
                        if match >> _ROW >= places.shape[0] or match & _COLUMN >= places.shape[1]:
                            continue
                    else:
                        state = state * np.uint32(1664525) + np.uint32(1013904223)
                        cy = np.int64(state >> np.uint32(8)) % rows
                        state = state * np.uint32(1664525) + np.uint32(1013904223)
                        match = (cy << _ROW) | (np.int64(state >> np.uint32(8)) % columns)
                    if match < 0 or (number > 0 and match == best):
                        continue
                    place = places[match >> _ROW, match & _COLUMN]
                    if place != region and (region != ANY or place == UNUSABLE):
                        continue
                    cy = match >> (_ROW + _CELL_SHIFT)
                    cx = (match & _COLUMN) >> _CELL_SHIFT
                    share = ((used[cy, cx] + moved[cy, cx]) * rates[region]) >> 12
                    price = prices[min(share, PRICES - 1)]
                    shift = origin + (y << _ROW) + x - match
                    if shifts[cy, cx] != NO_SHIFT and shifts[cy, cx] != shift:
                        price += again
                    seams = (
                        np.int64(match != to_left) + np.int64(match != to_right)
                        + np.int64(match != to_above) + np.int64(match != to_below)
                    )  # fmt: skip
                    if price + seams * least >= cost:
                        continue
                    k = (match >> _ROW) * source_pitch + (match & _COLUMN) * len(tag)
                    red, green, blue = (
                        np.int64(source[k]), np.int64(source[k + 1]), np.int64(source[k + 2])
                    )  # fmt: skip
                    for other in (to_left, to_right, to_above, to_below):
                        if match == other:
                            continue
                        if other <= _COLUMN:  # no neighbour, or one without a match
                            price += most
                            continue
                        k = (other >> _ROW) * source_pitch + (other & _COLUMN) * len(tag)
                        step_red = red - np.int64(source[k])
                        step_green = green - np.int64(source[k + 1])
                        step_blue = blue - np.int64(source[k + 2])
                        total = (
                            step_red * step_red + step_green * step_green + step_blue * step_blue
                        )
                        price += least + (total * slope >> 8) if total < far else most
                    if price >= cost:
                        continue
                    difference, compared = _distance(
                        tag, source, source_pitch, target, target_pitch, match, y, x, cost - price
                    )
                    if counting:
                        distances += 1
                        rows_seen += compared
                    found = price + difference
                    if found < cost:
                        cost = found
                        best = match
                        shifted = shift
                if cost < NOT_ALLOWED:
                    shifts[best >> (_ROW + _CELL_SHIFT), (best & _COLUMN) >> _CELL_SHIFT] = shifted
                if best != old:
                    moved[old >> (_ROW + _CELL_SHIFT), (old & _COLUMN) >> _CELL_SHIFT] -= 1
                    moved[best >> (_ROW + _CELL_SHIFT), (best & _COLUMN) >> _CELL_SHIFT] += 1
                    field[y, x] = best
        return distances, rows_seen

    return SimpleNamespace(search=search, pairs=pairs)


_built: dict[int, SimpleNamespace] = {}


def patch_kernels(channels: int) -> SimpleNamespace:
    """Return ``search`` and ``pairs`` for packed pictures with this many channels."""
    if channels not in _built:
        _built[channels] = _build(channels)
    return _built[channels]


def counting_kernels(channels: int) -> SimpleNamespace:
    """Return kernels whose ``search`` counts distances and patch rows, for benchmarks."""
    return _build(channels, counting=True)


@njit(nogil=True, cache=True)
def vote(source, source_pitch, channels, field, out, out_pitch, out_channels, rect, reach, wrap):
    """Paint the pixels inside ``rect``: the rounded mean of the overlapping patches' colours.

    reach: of the overlapping patches, from 0 (a pixel's own match alone) to REACH. out: flat uint8
    that starts at the field's first pixel; the first three of its channels are written.
    """
    left, top, right, bottom = rect
    height, width = field.shape
    for y in range(top, bottom):
        for x in range(left, right):
            red = green = blue = count = np.int64(0)
            for j in range(-reach, reach + 1):
                row = y + j
                if row < 0 or row >= height:
                    if not wrap:
                        continue
                    row %= height
                for i in range(-reach, reach + 1):
                    column = x + i
                    if column < 0 or column >= width:
                        if not wrap:
                            continue
                        column %= width
                    match = np.int64(field[row, column])
                    if match < 0:
                        continue
                    k = ((match >> _ROW) - j) * source_pitch + ((match & _COLUMN) - i) * channels
                    red += source[k]
                    green += source[k + 1]
                    blue += source[k + 2]
                    count += 1
            k = y * out_pitch + x * out_channels
            out[k] = (red + count // 2) // count
            out[k + 1] = (green + count // 2) // count
            out[k + 2] = (blue + count // 2) // count


@njit(nogil=True, cache=True)
def enlarge(large, field, enlarged, rows, row_weights, columns, column_weights, top, left, out):
    """Paint a window of an enlarged picture: the weighted mean of the patches over each pixel.

    large: (H, W, 3) uint8, the source's picture, which is enlarged ``enlarged`` / 16 times, as the
    match field is. rows, columns: (h,) and (w,) int32, the first pixel of the field that counts for
    a row or column of ``out``; row_weights, column_weights: (h, n) and (w, n) int32, weights of
    that pixel and the next ones. top, left: of the window. out: (h, w, 3) uint16, 257 times the
    colours.
    """
    height, width = field.shape
    last_row, last_column = large.shape[0] - 1, large.shape[1] - 1
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            red = green = blue = total = np.int64(0)
            for j in range(row_weights.shape[1]):
                row = rows[y] + j
                if row < 0 or row >= height:
                    continue
                for i in range(column_weights.shape[1]):
                    column = columns[x] + i
                    if column < 0 or column >= width:
                        continue
                    weight = np.int64(row_weights[y, j] * column_weights[x, i])
                    match = np.int64(field[row, column])
                    if match < 0:
                        continue
                    down = ((((match >> _ROW) - row) * enlarged + 8) >> 4) + top + y
                    along = ((((match & _COLUMN) - column) * enlarged + 8) >> 4) + left + x
                    down = min(max(down, 0), last_row)
                    along = min(max(along, 0), last_column)
                    red += weight * large[down, along, 0]
                    green += weight * large[down, along, 1]
                    blue += weight * large[down, along, 2]
                    total += weight
            total = max(total, 1)
            out[y, x, 0] = (red * 257 + total // 2) // total
            out[y, x, 1] = (green * 257 + total // 2) // total
            out[y, x, 2] = (blue * 257 + total // 2) // total


@njit(nogil=True, cache=True)
def count_uses(field, used, sign):
    """Add ``sign`` to the cell of every match in a (h, w) field."""
    for y in range(field.shape[0]):
        for x in range(field.shape[1]):
            match = field[y, x]
            if match >= 0:
                used[match >> (_ROW + _CELL_SHIFT), (match & _COLUMN) >> _CELL_SHIFT] += sign


@njit(nogil=True, cache=True)
def merge_uses(used, shifts, moved, copies):
    """Add the changes of uses by several bands, and take their last shifts, band by band.

    used, shifts: (H, W) int32 of the cells, changed in place; moved, copies: (n, H, W) int32.
    """
    for y in range(used.shape[0]):
        for x in range(used.shape[1]):
            before = shifts[y, x]
            for band in range(len(moved)):
                used[y, x] += moved[band, y, x]
                if copies[band, y, x] != before:
                    shifts[y, x] = copies[band, y, x]


@njit(nogil=True, cache=True)
def begin(coarser, coarsest, places, regions, starts, first, field, rect, seed):
    """Initialise the matches inside ``rect`` of ``field`` for the search.

    A pixel takes twice the match of the ``coarser`` field; at the ``coarsest`` level, where that is
    the field itself, it keeps its match. If that is not of its region, it takes a random place of
    its region.

    places: (H, W) uint8; regions: (h, w) uint8 of rect; starts: int32, all usable places sorted by
    region; first: (256,) start index of each region, the last one is the end of those for ANY.
    """
    left, top, right, bottom = rect
    rows, columns = places.shape
    for y in range(top, bottom):
        for x in range(left, right):
            region = regions[y - top, x - left]
            if coarsest:
                match = np.int64(field[y, x])
            else:
                match = np.int64(coarser[y >> 1, x >> 1])
                my = min((match >> _ROW) * 2 + (y & 1), rows - 1)
                mx = min((match & _COLUMN) * 2 + (x & 1), columns - 1)
                match = (my << _ROW) | mx
            fits = False
            if match >= 0:
                place = places[match >> _ROW, match & _COLUMN]
                fits = place == region or (region == ANY and place != UNUSABLE)
            if not fits:
                state = np.uint32(seed) ^ np.uint32(y * 2654435761) ^ np.uint32(x * 2246822519)
                for _ in range(3):
                    state = state * np.uint32(1664525) + np.uint32(1013904223)
                    state ^= state >> np.uint32(15)
                begins = first[0] if region == ANY else first[region]
                ends = first[-1] if region == ANY else first[region + 1]
                match = np.int64(starts[begins + np.int64(state >> np.uint32(3)) % (ends - begins)])
            field[y, x] = match
