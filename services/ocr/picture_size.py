"""How large the picture of a page is, known without the libraries that draw it."""


def picture_height(width: int, upright_size: tuple[float, float]) -> int:
    """Return the height in pixels of a picture `width` pixels wide of a page of that size (in points, upright)."""
    upright_width, upright_height = upright_size
    return max(1, round(width * upright_height / max(1.0, upright_width)))
