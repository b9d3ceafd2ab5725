"""The degradation pipeline of the shipped denoiser: what happens to photographs between the lens and the person who opens them.

Each sample is one of five kinds: a camera's picture at a random sensitivity; a clean picture that was compressed; a film or print that was
scanned; Gaussian noise of any level and grain; or a picture dithered to few colours. All of them may be gray or sepia, softer than their
pixel grid, resized after the damage, and compressed once or twice on shifted grids, as messengers do (SCUNet, Zhang 2022; FBCNN,
Jiang 2021).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from aedesk.data.degradation.compression import shifted_jpeg, webp
from aedesk.data.degradation.dithering import dither
from aedesk.data.degradation.operations import chance, log_uniform, luminance, to_encoded, to_linear, uniform
from aedesk.data.degradation.sensor_noise import colour_blotches, film_grain, gaussian_field, sensor_noise

Ranges = Mapping[str, Any]

SOURCE_SCALE = 2
"""How many times larger the clean pictures are that the pipeline takes than those that it returns: room to reduce them."""
KINDS = ("camera", "compressed", "film", "white", "dithered")
LARGEST_ZOOM = 3.0
SEPIA = (1.07, 0.98, 0.76)  # of red, green and blue to the luminance, at full strength


def photo_pipeline(source: Tensor, ranges: Ranges, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Degrades clean pictures.

    Args:
        source: (B, 3, 2 H, 2 W) in [0, 1].
        ranges: ``camera``, ``compressed``, ``film``, ``white``, ``dithered``, relative frequencies of the kinds; ``gray``, ``sepia`` and
            ``clean``, shares of gray, sepia and undamaged samples; ``soft``, share of samples that are enlarged first, because pictures
            straight from a camera are softer, pixel by pixel, than reduced ones; ``resized``, share of batches that are resized after the
            noise; ``shot`` and ``read`` [lowest, highest], see :func:`~aedesk.data.degradation.sensor_noise.sensor_noise`; ``blotch``,
            ``grain`` and ``noise``, highest standard deviations in 8-bit units; ``jpeg`` [lowest, highest] quality; ``webp``, share of WebP
            among compressed pictures.

    Returns:
        Noisy and clean pictures (B, 3, H, W), equal in all channels where the sample is gray, and the root mean square of their
        difference (B, 1, 1, 1) in 8-bit units.
    """
    count, size = len(source), (source.shape[2] // SOURCE_SCALE, source.shape[3] // SOURCE_SCALE)
    kind = _draw_kinds(count, ranges, generator)
    camera, compressed, film, white, dithered = (kind == number for number in range(len(KINDS)))
    resized = bool(uniform(0, 1, 1, generator) < ranges["resized"])
    ratio = float(log_uniform(0.6, 1.6, 1, generator)) if resized else 1.0
    work = tuple(round(edge * ratio) for edge in size)
    target, gray = _tone(_zoom(source, work, ranges["soft"], generator), kind, ranges, generator)
    noisy = _apply(camera, target, lambda part: sensor_noise(part, ranges["shot"], ranges["read"], generator))
    noisy = _apply(white, noisy, lambda part: gaussian_field(part, ranges["noise"], generator))
    grainy = film | (camera & chance(0.05, count, generator))
    noisy = _apply(grainy, noisy, lambda part: film_grain(part, ranges["grain"], generator))
    blotched = (camera | film) & chance(0.2, count, generator)
    noisy = _apply(blotched, noisy, lambda part: colour_blotches(part, ranges["blotch"], generator))
    noisy = torch.where(gray, luminance(noisy), noisy)
    noisy = _apply(dithered, noisy, lambda part: dither(part, generator))
    # Compressed pictures have any quality; cameras and scanners mostly save in a good one, messengers in one between.
    noisy = _compress(noisy, compressed, 1.0, ranges, generator)
    saved = ((camera | film) & chance(0.8, count, generator)) | (white & chance(0.1, count, generator))
    noisy = _compress(noisy, saved, 2.0, ranges, generator)
    if resized:
        noisy, target = _resize(torch.cat((noisy, target)), size, generator).chunk(2)
    second = ~white & ~dithered & chance(0.5 if resized else 0.25, count, generator)
    noisy = _compress(noisy, second, 1.5, ranges, generator)
    # A file holds 8 bits; the benchmark's noise is neither clipped nor rounded.
    noisy = torch.where(white, noisy, noisy.clamp(0, 1).mul(255).round() / 255)
    noisy, target = (torch.where(gray, luminance(each), each) for each in (noisy, target.clamp(0, 1)))
    noisy = torch.where(chance(ranges["clean"], count, generator), target, noisy)
    level = (noisy - target).square().mean((1, 2, 3), keepdim=True).sqrt() * 255
    return noisy, target, level


def _draw_kinds(count: int, ranges: Ranges, generator: torch.Generator) -> Tensor:
    """(count, 1, 1, 1) indices into ``KINDS``."""
    weights = torch.tensor([float(ranges[name]) for name in KINDS], device=generator.device)
    return torch.multinomial(weights, count, replacement=True, generator=generator).view(-1, 1, 1, 1)


def _zoom(source: Tensor, size: tuple[int, ...], soft: float, generator: torch.Generator) -> Tensor:
    """A random part of each source as (B, 3, *size): pixel by pixel, or enlarged bicubically; now and then at half the resolution."""
    count = len(source)
    if bool(uniform(0, 1, 1, generator) < 0.25):
        source = F.avg_pool2d(source, 2)
    lengths = torch.tensor(source.shape[2:], device=source.device, dtype=torch.float32)
    wanted = torch.tensor(size, device=source.device, dtype=torch.float32)
    least = max(1.0, *(w / s for w, s in zip(size, source.shape[2:], strict=True)))
    enlarged = (
        chance(soft, count, generator).view(count, 1) if least == 1.0 else torch.ones((count, 1), dtype=torch.bool, device=source.device)
    )
    zoom = torch.where(enlarged, log_uniform(least, LARGEST_ZOOM, count, generator).view(count, 1), 1.0)
    corner = torch.rand((count, 2), generator=generator, device=generator.device) * (lengths - wanted / zoom)
    corner = torch.where(enlarged, corner, corner.floor())  # whole pixels, so that nothing is interpolated
    axes = [
        (corner[:, axis, None] + (torch.arange(size[axis], device=source.device) + 0.5) / zoom) * 2 / lengths[axis] - 1 for axis in (0, 1)
    ]
    rows, columns = axes[0][:, :, None].expand(-1, -1, size[1]), axes[1][:, None, :].expand(-1, size[0], -1)
    view = F.grid_sample(source, torch.stack((columns, rows), 3), mode="bicubic", padding_mode="reflection", align_corners=False)
    return view.clamp(0, 1)


def _tone(picture: Tensor, kind: Tensor, ranges: Ranges, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """The target's brightness and colours, and (B, 1, 1, 1) which samples are gray."""
    count = len(picture)
    camera, film, dithered = (kind == KINDS.index(name) for name in ("camera", "film", "dithered"))
    toned = uniform(0, 1, count, generator)
    gray = (toned < ranges["gray"]) | (dithered & chance(0.5, count, generator))
    sepia = (toned > 1 - ranges["sepia"]) & ~gray
    tint = 1 + uniform(0.2, 1, count, generator) * (picture.new_tensor(SEPIA).view(1, 3, 1, 1) - 1)
    picture = torch.where(gray, luminance(picture), torch.where(sepia, (luminance(picture) * tint).clamp(0, 1), picture))
    dark = torch.where(camera & chance(0.4, count, generator), log_uniform(0.15, 1.0, count, generator), 1.0)
    picture = to_encoded(to_linear(picture) * dark)
    # Prints fade: black becomes gray, and white dull.
    black, white = uniform(0, 0.3, count, generator), uniform(0.7, 1, count, generator)
    return torch.where(film & chance(0.4, count, generator), black + (white - black) * picture, picture), gray


def _compress(picture: Tensor, chosen: Tensor, power: float, ranges: Ranges, generator: torch.Generator) -> Tensor:
    """JPEG or WebP of the chosen samples; the higher ``power``, the more frequent are good qualities."""
    low, high = ranges["jpeg"]

    def compress(part: Tensor) -> Tensor:
        quality = high - (high - low) * uniform(0, 1, len(part), generator) ** power
        with_webp = chance(ranges["webp"], len(part), generator)
        return torch.where(with_webp, webp(part, quality, with_webp), shifted_jpeg(part, quality, generator))

    return _apply(chosen, picture, compress)


def _apply(chosen: Tensor, picture: Tensor, function: Callable[[Tensor], Tensor]) -> Tensor:
    """The samples with those ``chosen`` (B, 1, 1, 1) replaced by what ``function`` makes of them."""
    numbers = chosen.flatten().nonzero().flatten()
    return picture.index_copy(0, numbers, function(picture[numbers])) if len(numbers) else picture


def _resize(pictures: Tensor, size: tuple[int, int], generator: torch.Generator) -> Tensor:
    """Resampled as programs do: bilinearly or bicubically, antialiased."""
    mode = "bilinear" if bool(uniform(0, 1, 1, generator) < 0.5) else "bicubic"
    return F.interpolate(pictures, size=size, mode=mode, antialias=True)
