/**
 * The code that the kernel runs when the user presses a button to load Claude.
 *
 * It does the same as `%load_ext jupyter_claude`, but loads only the installed package. A kernel
 * looks for modules in the notebook's folder first, and a downloaded folder may have a
 * `jupyter_claude.py`.
 */
export const LOAD = `
def _jupyter_claude_load():
    import os
    import sys
    from IPython import get_ipython

    name, before, here = "jupyter_claude", sys.path[:], os.path.realpath(os.getcwd())
    sys.path[:] = [folder for folder in before if folder and os.path.realpath(folder) != here]
    try:
        for package in (name, name + "_sdk"):
            found = (finder.find_spec(package, None) for finder in sys.meta_path)
            spec = next((spec for spec in found if spec is not None), None)
            if spec is None:
                raise ModuleNotFoundError(f"No module named {package!r}", name=package)
            loaded = getattr(sys.modules.get(package), "__file__", spec.origin)
            if os.path.realpath(str(loaded)) != os.path.realpath(str(spec.origin)):
                raise ImportError(
                    f"{package} was loaded from {loaded!r}, which is not the installed package: "
                    "rename that file and restart the kernel"
                )
        get_ipython().run_line_magic("load_ext", name)
        # What the session needs later, when the folder comes first again.
        import anywidget, markdown_it, platformdirs
    finally:
        sys.path[:] = before


try:
    _jupyter_claude_load()
finally:
    del _jupyter_claude_load
`.trim();
