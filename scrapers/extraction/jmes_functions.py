"""What JMESPath expressions of a source file can call besides JMESPath's own functions."""

import functools
from typing import Any

import jmespath
from jmespath.functions import Functions, signature

from scrapers.extraction.convert import converter
from scrapers.extraction.convert_context import ConvertContext, Converter, ConvertError

__all__ = ["OPTIONS"]


class _Functions(Functions):  # jmespath finds functions by their names: _func_NAME
    @signature({"types": []}, {"types": ["string"]})
    def _func_convert(self, value: Any, spec: str) -> Any:
        """`convert(prepTime, 'duration: minutes')`: as `convert` of a field; what cannot be read is null.

        So that expressions can compute with what a page says; the page's address is not known here.
        """
        try:
            return _made(spec)(value, ConvertContext())
        except ConvertError:
            return None


@functools.lru_cache(256)
def _made(spec: str) -> Converter:
    name, _, option = spec.partition(":")
    return converter({name.strip(): option.strip()} if option.strip() else name.strip())


OPTIONS = jmespath.Options(custom_functions=_Functions())
