"""The archive for IIIF viewers (Mirador, Universal Viewer): Presentation 3 with Content Search 1 and 2.

Both viewers ask Content Search 1.0 only; 2.0 is offered beside it. Builders are pure; `routes` fetches what they need.
"""

from services.web.iiif.routes import router

__all__ = ["router"]
