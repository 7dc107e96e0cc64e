/** Puts text on the clipboard, also in a page that may not use the clipboard's interface. */

/** Rejects when the browser does not allow it. */
export async function copy(text: string): Promise<void> {
  // A page without https has no clipboard interface, only the old command.
  const { clipboard } = navigator as { clipboard?: Clipboard };
  if (clipboard !== undefined)
    try {
      await clipboard.writeText(text);
      return;
    } catch {
      // The user or the page's frame forbids the interface. The old command needs no permission.
    }
  const take = (event: ClipboardEvent): void => {
    event.clipboardData?.setData("text/plain", text);
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  document.addEventListener("copy", take, { capture: true });
  try {
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    if (!document.execCommand("copy")) throw new Error("the page may not copy");
  } finally {
    document.removeEventListener("copy", take, { capture: true });
  }
}
