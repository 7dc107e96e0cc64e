"""The colours of turns; written by labextension/colours.mjs.

Each is a custom property --jc-NAME. They follow JupyterLab's theme, light or dark; where there
is none, the text has the page's colour.
"""

#: The value of each, by its name; it may name others.
COLOURS = {
    "text": "var(--vscode-editor-foreground,var(--jp-content-font-color1,currentColor))",
    "quiet": "color-mix(in srgb,var(--jc-text) 72%,transparent)",
    "border": "color-mix(in srgb,var(--jc-text) 20%,transparent)",
    "fill": "color-mix(in srgb,var(--jc-text) 5%,transparent)",
    "brand": "var(--jp-brand-color1,#1976d2)",
    "button": "oklch(from var(--jc-brand) min(l,0.54) c h)",
    "good": "var(--jp-success-color1,#388e3c)",
    "bad": "var(--jp-error-color1,#d32f2f)",
    "warn": "var(--jp-warn-color1,#f57c00)",
    "bad-text": "color-mix(in srgb,var(--jc-bad) 75%,var(--jc-text))",
    "added": "color-mix(in srgb,var(--jc-good) 20%,transparent)",
    "removed": "color-mix(in srgb,var(--jc-bad) 18%,transparent)",
    "k": "color-mix(in srgb,var(--jp-mirror-editor-keyword-color,#008000) 60%,var(--jc-text))",
    "b": "color-mix(in srgb,var(--jp-mirror-editor-builtin-color,#008000) 60%,var(--jc-text))",
    "n": "color-mix(in srgb,var(--jp-mirror-editor-number-color,#080) 60%,var(--jc-text))",
    "s": "color-mix(in srgb,var(--jp-mirror-editor-string-color,#ba2121) 60%,var(--jc-text))",
    "c": "color-mix(in srgb,var(--jp-mirror-editor-comment-color,#408080) 60%,var(--jc-text))",
    "d": "color-mix(in srgb,var(--jp-mirror-editor-def-color,#05c) 60%,var(--jc-text))",
    "p": "color-mix(in srgb,var(--jp-mirror-editor-property-color,#05a) 60%,var(--jc-text))",
    "m": "color-mix(in srgb,var(--jp-mirror-editor-meta-color,#a2f) 60%,var(--jc-text))",
    "o": "color-mix(in srgb,var(--jp-mirror-editor-operator-color,#7800c2) 60%,var(--jc-text))",
    "t": "color-mix(in srgb,var(--jp-mirror-editor-tag-color,#170) 60%,var(--jc-text))",
    "v": "color-mix(in srgb,var(--jp-mirror-editor-variable-2-color,#05a) 60%,var(--jc-text))",
    "l": "color-mix(in srgb,var(--jp-mirror-editor-link-color,#00c) 60%,var(--jc-text))",
}
#: Pygments' names of tokens, the narrower first, and their colours.
CODE = (
    ("Token.Operator.Word", "k"),
    ("Token.Keyword.Type", "b"),
    ("Token.Name.Builtin", "b"),
    ("Token.Literal.Number", "n"),
    ("Token.Literal.String", "s"),
    ("Token.Name.Function", "d"),
    ("Token.Name.Class", "d"),
    ("Token.Name.Attribute", "p"),
    ("Token.Name.Decorator", "m"),
    ("Token.Name.Tag", "t"),
    ("Token.Keyword", "k"),
    ("Token.Comment", "c"),
    ("Token.Operator", "o"),
)
