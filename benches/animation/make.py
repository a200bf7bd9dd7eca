"""Makes twelve GIFs of the kinds that sites have: films of photos, screencasts, pixel art, stickers with alpha.

    make.py CORPUS FOLDER

CORPUS has pictures in quality/photo, quality/screenshot, quality/graphic and quality/alpha. The seed is fixed: the same
Pillow makes the same files.
"""

import math
import os
import random
import sys

import numpy
from PIL import Image, ImageChops, ImageDraw

CORPUS, FOLDER = sys.argv[1:]


def picture(name, mode="RGB"):
    return Image.open(os.path.join(CORPUS, "quality", name)).convert(mode)


def save(name, frames, delay, palette=None, dither=Image.Dither.FLOYDSTEINBERG, **options):
    """Opaque frames with one palette, or one each."""
    if palette == "one":
        sheet = Image.new("RGB", (frames[0].width, frames[0].height * 3))
        for place, at in enumerate([0, len(frames) // 2, len(frames) - 1]):
            sheet.paste(frames[at], (0, place * frames[0].height))
        palette = sheet.quantize(256)
    indexed = [
        frame.quantize(palette=palette, dither=dither) if palette else frame.quantize(256, dither=dither)
        for frame in frames
    ]
    write(name, indexed, delay, **options)


def save_sticker(name, frames, delay, disposal):
    """Frames of RGBA, with edges cut at half."""
    done = []
    for frame in frames:
        seen = frame.getchannel("A").point(lambda alpha: 255 if alpha >= 128 else 0)
        colors = Image.new("RGB", frame.size, (255, 255, 255))
        colors.paste(frame, mask=frame.getchannel("A"))
        indexed = colors.quantize(255, dither=Image.Dither.NONE)
        indexed.paste(255, mask=ImageChops.invert(seen))
        done.append(indexed)
    write(name, done, delay, transparency=255, disposal=disposal)


def write(name, indexed, delay, **options):
    options.setdefault("disposal", 1)
    path = os.path.join(FOLDER, name + ".gif")
    indexed[0].save(path, save_all=True, append_images=indexed[1:], duration=delay, loop=0, **options)
    print(f"{name}: {len(indexed)} frames of {indexed[0].size}, {os.path.getsize(path)} bytes")


def pan(source, size, count, zoom=1.0):
    """A camera that moves over a photo by parts of a pixel, and nears it."""
    frames = []
    for number in range(count):
        part = number / (count - 1)
        scale = 1 + (zoom - 1) * part
        width, height = size[0] / scale, size[1] / scale
        left = (source.width - size[0]) * part
        top = (source.height - size[1]) * (0.5 - 0.5 * math.cos(part * math.pi))
        box = (left, top, left + width, top + height)
        frames.append(source.resize(size, Image.Resampling.BICUBIC, box))
    return frames


def crossfade(sources, size, steps, still):
    """Photos that stand for some time, and go over into each other."""
    fitted = [source.resize(size, Image.Resampling.LANCZOS) for source in sources]
    frames = []
    for at, source in enumerate(fitted):
        frames += [source] * still
        after = fitted[(at + 1) % len(fitted)]
        frames += [Image.blend(source, after, (step + 1) / (steps + 1)) for step in range(steps)]
    return frames


def walker(background, shape, count, noise):
    """A fixed camera's noise, before which something moves."""
    chance = numpy.random.default_rng(7)
    base = numpy.asarray(background).astype(float)
    frames = []
    for number in range(count):
        grain = chance.normal(0, noise, base.shape)
        frame = Image.fromarray(numpy.clip(base + grain, 0, 255).astype("uint8"))
        x = int(-shape.width / 2 + number * background.width / count)
        y = int(background.height * 0.5 + 10 * math.sin(number))
        frame.paste(shape, (x, y), shape)
        frames.append(frame)
    return frames


def typing(count, size):
    """A terminal in which lines of glyphs appear, and scroll."""
    chance = random.Random(5)
    glyphs = []
    for _ in range(40):
        glyph = Image.new("L", (7, 12), 0)
        draw = ImageDraw.Draw(glyph)
        for _ in range(3):
            draw.line([chance.randrange(1, 6), chance.randrange(2, 11), chance.randrange(1, 6), chance.randrange(2, 11)], 255)
        glyphs.append(glyph.resize((7, 12)))
    screen = Image.new("RGB", size, (30, 31, 38))
    draw = ImageDraw.Draw(screen)
    draw.rectangle([0, 0, size[0], 22], (60, 62, 70))
    for place, color in enumerate([(255, 95, 86), (255, 189, 46), (39, 201, 63)]):
        draw.ellipse([8 + 18 * place, 6, 18 + 18 * place, 16], color)
    colors = [(220, 220, 220), (120, 200, 120), (100, 160, 240), (230, 190, 90)]
    x, y, frames = 8, 30, []
    for _ in range(count):
        for _ in range(chance.randrange(1, 9)):
            if chance.random() < 0.06 or x > size[0] - 20:
                x, y = 8, y + 15
                if y > size[1] - 18:
                    y -= 15
                    body = screen.crop((0, 45, size[0], size[1]))
                    screen.paste((30, 31, 38), (0, 30, *size))
                    screen.paste(body, (0, 30))
                continue
            screen.paste(chance.choice(colors), (x, y), chance.choice(glyphs))
            x += 8
        frames.append(screen.copy())
    return frames


def scrolling(page, size, steps):
    """A page that is scrolled with rests, under a pointer."""
    frames, top = [], 0.0
    pointer = [(0, 0), (0, 16), (4, 12), (7, 18), (9, 17), (6, 11), (11, 11)]
    for number in range(steps):
        if number % 12 < 8:
            top += (page.height - size[1]) / (steps * 8 / 12)
        at = min(int(top), page.height - size[1])
        frame = page.crop((0, at, size[0], at + size[1]))
        x, y = 40 + 5 * number, 60 + int(40 * math.sin(number / 9))
        ImageDraw.Draw(frame).polygon([(x + dx, y + dy) for dx, dy in pointer], (0, 0, 0), (255, 255, 255))
        frames.append(frame)
    return frames


def dashboard(source, size, count):
    """A window on which a pointer moves, a menu opens, and a bar fills."""
    base, frames = source.crop((0, 0, *size)), []
    for number in range(count):
        frame = base.copy()
        draw = ImageDraw.Draw(frame)
        draw.rectangle([30, size[1] - 40, 30 + number * (size[0] - 60) // count, size[1] - 30], (70, 130, 250))
        if 10 <= number < 24:
            draw.rectangle([60, 50, 240, 220], (250, 250, 252), (120, 120, 130))
            for line in range(6):
                draw.rectangle([72, 64 + 26 * line, 72 + (line * 53 + 60) % 140, 72 + 26 * line], (90, 90, 100))
            draw.rectangle([62, 54 + 26 * ((number - 10) // 3), 238, 78 + 26 * ((number - 10) // 3)], None, (70, 130, 250))
        x, y = 50 + number * 9, 40 + (number * 17) % 160
        draw.polygon([(x, y), (x, y + 14), (x + 4, y + 11), (x + 10, y + 10)], (0, 0, 0), (255, 255, 255))
        frames.append(frame)
    return frames


def sprites(count):
    """Tiles that scroll sideways, with a figure in front, each pixel four wide."""
    chance = random.Random(11)
    colors = [(26, 28, 44), (93, 39, 93), (177, 62, 83), (239, 125, 87), (255, 205, 117), (56, 183, 100), (37, 113, 121), (41, 54, 111), (59, 93, 201)]
    tiles = []
    for kind in range(5):
        tile = Image.new("RGB", (16, 16), colors[kind + 3])
        for _ in range(60):
            tile.putpixel((chance.randrange(16), chance.randrange(16)), colors[(kind + chance.randrange(3)) % 9])
        tiles.append(tile)
    world = Image.new("RGB", (16 * 24, 80), (115, 239, 247))
    for x in range(24):
        high = chance.randrange(1, 4)
        for y in range(5 - high, 5):
            world.paste(tiles[chance.randrange(5)], (x * 16, y * 16))
    steps = []
    for phase in range(4):
        figure = Image.new("RGBA", (12, 16), (0, 0, 0, 0))
        draw = ImageDraw.Draw(figure)
        draw.rectangle([3, 0, 8, 5], (244, 244, 244, 255))
        draw.rectangle([2, 6, 9, 11], (*colors[2], 255))
        draw.rectangle([2 + phase, 12, 4 + phase, 15], (*colors[7], 255))
        draw.rectangle([7 - phase, 12, 9 - phase, 15], (*colors[7], 255))
        steps.append(figure)
    frames = []
    for number in range(count):
        frame = world.crop((2 * number, 0, 2 * number + 100, 80))
        frame.paste(steps[number % 4], (44, 16 + abs(number % 16 - 8)), steps[number % 4])
        frames.append(frame.resize((400, 320), Image.Resampling.NEAREST))
    return frames


def fire(count):
    """The fire of old demos."""
    chance = numpy.random.default_rng(3)
    heat, frames = numpy.zeros((60, 80)), []
    for number in range(count + 40):
        heat[-1] = chance.integers(0, 2, 80) * 255
        below = numpy.roll(heat, -1, 0)
        heat[:-1] = ((below + numpy.roll(below, 1, 1) + numpy.roll(below, -1, 1) + heat) / 4.06)[:-1]
        if number >= 40:
            level = (heat / 32).astype(int) * 32
            rgb = numpy.stack([level * 2, level, level // 3], 2).clip(0, 255).astype("uint8")
            frames.append(Image.fromarray(rgb).resize((320, 240), Image.Resampling.NEAREST))
    return frames


def idle_scene(count):
    """A drawn scene in which little moves."""
    base = picture("graphic/kenney-game-screenshot.png")
    base = base.crop((0, 0, min(base.width, 480), min(base.height, 320))).quantize(48, dither=Image.Dither.NONE).convert("RGB")
    frames = []
    for number in range(count):
        frame = base.copy()
        draw = ImageDraw.Draw(frame)
        for star in range(9):
            if (number + star * 5) % 7 < 3:
                x, y = star * 47 % base.width, star * 83 % base.height
                draw.rectangle([x, y, x + 4, y + 4], (255, 255, 210))
        frames.append(frame)
    return frames


def turning(shape, side, count):
    fitted = shape.resize((side * 3 // 4, side * 3 // 4), Image.Resampling.LANCZOS)
    frames = []
    for number in range(count):
        frame = Image.new("RGBA", (side, side), (0, 0, 0, 0))
        turned = fitted.rotate(20 * math.sin(number * math.tau / count), Image.Resampling.BICUBIC, expand=True)
        frame.paste(turned, ((side - turned.width) // 2, (side - turned.height) // 2 + int(8 * math.cos(number * math.tau / count))))
        frames.append(frame)
    return frames


def bouncing(shape, size, count):
    """Grows, shrinks and leaps over a transparent canvas."""
    frames = []
    for number in range(count):
        part = number / count
        height = abs(math.sin(part * math.tau))
        tall = max(8, int(110 - 30 * (1 - height) ** 3))
        fitted = shape.resize((110 + (110 - tall) // 2, tall), Image.Resampling.LANCZOS)
        frame = Image.new("RGBA", size, (0, 0, 0, 0))
        frame.paste(fitted, (int((size[0] - 130) * part), int((size[1] - tall) * (1 - height * 0.8))))
        frames.append(frame)
    return frames


def cutout(shape, side, count):
    """A photographed thing that is cut out, and grows a little."""
    frames = []
    for number in range(count):
        wide = int(side * (0.8 + 0.15 * math.sin(number * math.tau / count)))
        fitted = shape.resize((wide, wide), Image.Resampling.BICUBIC)
        frame = Image.new("RGBA", (side, side), (0, 0, 0, 0))
        frame.paste(fitted, ((side - wide) // 2, (side - wide) // 2))
        frames.append(frame)
    return frames


def main():
    os.makedirs(FOLDER, exist_ok=True)
    save("photo-pan", pan(picture("photo/kodim23.png"), (360, 270), 24, 1.3), 60)
    photos = [picture(f"photo/kodim{number}.png") for number in ["02", "08", "20"]]
    save("photo-fade", crossfade(photos, (320, 212), 6, 3), 120)
    still = picture("photo/kodim13.png").resize((320, 212), Image.Resampling.LANCZOS)
    peacock = picture("alpha/emoji_u1f99a.png", "RGBA")
    save("photo-walker", walker(still, peacock.resize((72, 72)), 20, 2.0), 80, "one", Image.Dither.NONE)
    save("cast-terminal", typing(60, (480, 300)), 100, "one", Image.Dither.NONE)
    page = picture("screenshot/shot-rustdoc.png")
    wide = min(page.width, 560)
    save("cast-scroll", scrolling(page.crop((0, 0, wide, page.height)), (wide, min(360, page.height * 2 // 3)), 48), 80, "one", Image.Dither.NONE)
    board = picture("screenshot/shot-dashboard-dark.png")
    save("cast-dashboard", dashboard(board, (min(640, board.width), min(400, board.height)), 40), 100, "one")
    save("pixel-scroll", sprites(40), 80, "one", Image.Dither.NONE)
    save("pixel-fire", fire(30), 50, "one", Image.Dither.NONE)
    save("pixel-idle", idle_scene(32), 100, "one", Image.Dither.NONE)
    save_sticker("sticker-turn", turning(peacock, 240, 20), 60, 2)
    save_sticker("sticker-bounce", bouncing(picture("alpha/emoji_u1f386.png", "RGBA"), (280, 220), 24), 50, 2)
    photo = picture("alpha/tmshre_riaphotographs_alpha.png", "RGBA")
    save_sticker("sticker-photo", cutout(photo, 260, 16), 80, 2)


main()
