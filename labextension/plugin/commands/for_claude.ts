/** Which cells are for Claude alone, so that a button below one may run it. */

/** A `%%claude` cell: the kernel takes all of it as a prompt. */
const PROMPT = /^[ \t\n]*%%claude(?=[ \t\n]|$)/;
/**
 * One `%claude` line, short enough to be in sight.
 *
 * Its characters are listed. IPython evaluates what stands in braces or behind a dollar sign, and
 * takes more than `\n` as the end of a line.
 */
const COMMAND = /^[ \t\n]*%claude(?: [\p{L}\p{N}_.:/+ -]{0,60})?\n*$/u;

/** Whether a cell's source is a prompt or a command for Claude, without any Python. */
export function isForClaude(source: string): boolean {
  return PROMPT.test(source) || COMMAND.test(source);
}
