/** Guesses the word that the user meant. */

/** The known word that is most similar to `word`; undefined if none is similar. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const distances = known.map((other) => distance(word.toLowerCase(), other));
  const least = Math.min(...distances);
  return least <= word.length / 3 ? known[distances.indexOf(least)] : undefined;
}

/** How many letters must be added, removed or changed. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let above = 0; above < one.length; above++) {
    const next = [above + 1];
    for (let index = 1; index <= other.length; index++) {
      const change = (row[index - 1] ?? 0) + (other[index - 1] === one[above] ? 0 : 1);
      next.push(Math.min(change, (row[index] ?? 0) + 1, (next[index - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
