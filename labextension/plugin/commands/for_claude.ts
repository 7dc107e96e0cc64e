/** Finds the cells that are for Claude alone, so that a button may run them. */

/** A `%%claude` cell: the kernel takes all of it as a prompt. */
const PROMPT = /^[ \t\n]*%%claude(?=[ \t\n]|$)/;
/**
 * One `%claude` line, short enough to be in sight as a whole.
 *
 * The pattern lists the allowed characters: IPython evaluates text in braces or after a dollar
 * sign, and ends a line at more characters than `\n`.
 */
const COMMAND = /^[ \t\n]*%claude(?: [\p{L}\p{N}_.:/+ -]{0,60})?\n*$/u;

/** Whether a cell's source is a prompt or a command for Claude, without any Python. */
export function isForClaude(source: string): boolean {
  return PROMPT.test(source) || COMMAND.test(source);
}
