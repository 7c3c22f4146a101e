"""From the LaTeX of captions and headings to HTML: Greek letters, sub- and superscripts, a few commands."""

from __future__ import annotations

import html
import re

from mixtheory.publishing.latex import escape_latex

__all__ = ["caption_to_latex", "latex_to_html"]

_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε", "eps": "ε", "kappa": "κ",
    "lambda": "λ", "mu": "μ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "omega": "ω",
    "Sigma": "Σ", "Delta": "Δ", "Phi": "Φ", "Omega": "Ω",
}  # fmt: skip
_SYMBOLS = {
    "pm": "±", "mp": "∓", "times": "×", "cdot": "·", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠",
    "neq": "≠",
    "approx": "≈", "infty": "∞", "in": "∈", "to": "→", "sqrt": "√", "ldots": "…", "dots": "…", "quad": " ",
    "mid": " | ", "textless": "<", "textgreater": ">", "textbar": "|", "textasciitilde": "~", "textasciicircum": "^",
    "textbackslash": "\\",
    "%": "%", "&": "&", "_": "_", "#": "#", "$": "$", "{": "{", "}": "}", ",": " ", ";": " ", " ": " ", "\\": " ",
    "!": "",
}  # fmt: skip
_STYLES = {"emph": "em", "textit": "em", "textbf": "strong", "texttt": "code"}
_ACCENTS = {"tilde": "\u0303", "bar": "\u0304", "hat": "\u0302"}
_TRANSPARENT = ("mathrm", "mathbf", "mathsf", "operatorname", "text", "ensuremath", "mbox", "textsf", "bm")

_TOKEN = re.compile(r"\\([A-Za-z]+|.)|([{}$^_~])|(---|--)|([^\\{}$^_~-]+|-)", re.DOTALL)


_WORDS = re.compile(r"\b(alpha|beta|delta|eps|kappa|lambda|mu|pi|rho|sigma)\b")


def caption_to_latex(text: str) -> str:
    r"""Return a figure's plain caption as LaTeX: escaped, Greek names as letters; parts between dollar signs stay.

    Examples
    --------
    >>> print(caption_to_latex("The factor rho against alpha, 95% bands and $x_1$"))
    The factor $\rho$ against $\alpha$, 95\% bands and $x_1$
    """
    parts = text.split("$")
    if len(parts) % 2 == 0:  # a lone dollar sign is a dollar sign
        return escape_latex(_words(text))
    return "$".join(part if k % 2 else escape_latex(_words(part)) for k, part in enumerate(parts))


def _words(text: str) -> str:
    return _WORDS.sub(lambda match: _GREEK[match[1]], text)


class _Reader:
    def __init__(self, text: str) -> None:
        self.tokens = [match.groups() for match in _TOKEN.finditer(text)]
        self.position = 0
        self.mathematics = False

    def group(self) -> str:
        """Read one token, or everything between braces."""
        while self.position < len(self.tokens) and (spaces := self.tokens[self.position][3]) and spaces[0] == " ":
            # TeX skips spaces before an argument
            self.tokens[self.position] = (*self.tokens[self.position][:3], spaces.lstrip() or None)
            self.position += not spaces.strip()
        if self.position < len(self.tokens) and self.tokens[self.position][1] == "{":
            self.position += 1
            return self.until("}")
        if self.position < len(self.tokens) and (text := self.tokens[self.position][3]):
            first, rest = text[0], text[1:]
            if rest:
                self.tokens[self.position] = (*self.tokens[self.position][:3], rest)
            else:
                self.position += 1
            return html.escape(first)
        return self.token()

    def until(self, closing: str) -> str:
        parts = []
        while self.position < len(self.tokens):
            if self.tokens[self.position][1] == closing:
                self.position += 1
                break
            parts.append(self.token())
        return "".join(parts)

    def token(self) -> str:
        if self.position >= len(self.tokens):
            return ""
        command, special, dash, text = self.tokens[self.position]
        self.position += 1
        if command is not None:
            return self.command(command)
        if dash:
            return "—" if len(dash) == 3 else "–"
        if special == "$":
            self.mathematics = not self.mathematics
            return ""
        if special == "{":
            return self.until("}")
        if special in ("^", "_") and self.mathematics:
            tag = "sup" if special == "^" else "sub"
            return f"<{tag}>{self.group()}</{tag}>"
        if special is not None:
            return {"~": " "}.get(special, "" if special == "}" else special)
        shown = html.escape(text or "")
        return shown.replace("-", "−") if self.mathematics else shown

    def command(self, name: str) -> str:
        if name in _GREEK:
            return _GREEK[name]
        if name in _STYLES:
            return f"<{_STYLES[name]}>{self.group()}</{_STYLES[name]}>"
        if name in _TRANSPARENT:
            return self.group()
        if name in _ACCENTS:
            return self.group() + _ACCENTS[name]
        if name in ("ref", "eqref"):
            return f"“{self.group().partition(':')[2].replace('_', ' ')}”"
        if name in ("citet", "citep"):
            return f"[{self.group()}]"
        if name in ("frac", "tfrac", "dfrac"):
            return f"{self.group()}/{self.group()}"
        if name in _SYMBOLS:
            return html.escape(_SYMBOLS[name])
        return html.escape(name) if name.isalpha() and len(name) > 1 else ""


def latex_to_html(text: str) -> str:
    r"""Return the HTML of a caption or heading written in simple LaTeX; what is not known is shown by name.

    Examples
    --------
    >>> latex_to_html(r"$\rho = 1 - 2r$, \emph{see} x_1 & $\sigma_t^2$")
    'ρ = 1 − 2r, <em>see</em> x_1 &amp; σ<sub>t</sub><sup>2</sup>'
    """
    reader = _Reader(text)
    parts = []
    while reader.position < len(reader.tokens):
        parts.append(reader.token())
    return "".join(parts)
