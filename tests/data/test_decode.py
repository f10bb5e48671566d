import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mmnotes.data.decode import open_picture, square


class TestSquare:
    def test_keeps_the_aspect_and_pads_with_white(self):
        wide = square(Image.new("L", (40, 20), 0), 16, "L")
        assert wide.shape == (16, 16)
        assert (wide[:4] == 255).all()
        assert (wide[4:12] == 0).all()
        assert (wide[12:] == 255).all()
        tall = square(Image.new("L", (20, 40), 0), 16, "L")
        np.testing.assert_array_equal(tall, wide.T)

    def test_enlarges_a_small_picture(self):
        assert (square(Image.new("L", (2, 2), 7), 16, "L") == 7).all()

    @pytest.mark.parametrize("size", [(1, 500), (500, 1)])
    def test_takes_a_picture_of_any_shape(self, size):
        assert square(Image.new("RGB", size), 8, "RGB").shape == (8, 8, 3)

    def test_shows_white_through_transparent_pixels(self):
        clear = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
        assert (square(clear, 8, "L") == 255).all()

    @pytest.mark.parametrize(
        ("mode", "color"), [("1", 1), ("P", 0), ("CMYK", (0, 0, 0, 0)), ("LA", (255, 255))]
    )
    def test_takes_every_mode(self, mode, color):
        picture = Image.new(mode, (8, 8), color)
        assert square(picture, 8, "RGB").shape == (8, 8, 3)

    def test_obeys_the_camera(self, pictures):
        exif = Image.Exif()
        exif[0x0112] = 6  # turned by a quarter: 40 × 20 as stored is 20 × 40 as seen
        data = pictures.encode((0, 0, 0), (40, 20), exif=exif)
        seen = square(open_picture(data), 16, "L")
        assert (seen[:, :2] == 255).all()
        assert (seen[0, 5:11] < 50).all()

    @pytest.mark.parametrize(
        ("size", "decoded"),
        [((480, 240), (120, 60)), ((240, 480), (60, 120)), ((96, 48), (96, 48))],
    )
    def test_decodes_a_photo_no_finer_than_needed_and_a_thumbnail_whole(
        self, pictures, size, decoded
    ):
        picture = open_picture(pictures.encode(size=size))
        assert picture.size == size
        assert square(picture, 96, "L").shape == (96, 96)
        assert picture.size == decoded

    @pytest.mark.parametrize("size", [(500, 350), (350, 500), (500, 500), (161, 3)])
    def test_decoding_coarsely_shows_the_same(self, size):
        ramp = np.linspace(0, 255, size[0])[None, :] * np.linspace(0.2, 1, size[1])[:, None]
        stream = io.BytesIO()
        photo = Image.fromarray(ramp.astype(np.uint8))
        photo.save(stream, "JPEG", quality=95)
        seen = square(open_picture(stream.getvalue()), 96, "L").astype(int)
        assert np.abs(seen - square(photo, 96, "L")).mean() < 2

    @given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 20))
    @settings(max_examples=50, deadline=None)
    def test_fills_one_edge_and_only_as_much_of_the_other_as_the_aspect_says(self, w, h, side):
        dark = square(Image.new("L", (w, h), 0), side, "L") == 0
        width, height = dark.any(axis=0).sum(), dark.any(axis=1).sum()
        assert max(width, height) == side
        assert min(width, height) == max(1, round(min(w, h) * side / max(w, h)))
