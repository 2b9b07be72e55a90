"""The OpenSearch engine. The only package that knows opensearchpy and OpenSearch's query language."""

from services.search.engines.opensearch.engine import OpenSearchEngine

__all__ = ["OpenSearchEngine"]
