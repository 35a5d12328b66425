/** Names that there are not: what was meant. */

/**
 * How many letters differ between two words, or are in one of them alone.
 * @param {string} one
 * @param {string} other
 */
function distance(one, other) {
  const row = Array.from({ length: other.length + 1 }, (_, j) => j);
  for (let i = 0; i < one.length; i += 1) {
    let corner = row[0];
    row[0] = i + 1;
    for (let j = 0; j < other.length; j += 1) {
      const changed = corner + (one[i] === other[j] ? 0 : 1);
      corner = row[j + 1];
      row[j + 1] = Math.min(row[j + 1] + 1, row[j] + 1, changed);
    }
  }
  return row[other.length];
}

/**
 * What a name that there is not may mean: the nearest of these, or one of all.
 * @param {unknown} name
 * @param {string[]} names
 */
export function meant(name, names) {
  const asked = String(name);
  const [best] = [...new Set(names)].sort((a, b) => distance(asked, a) - distance(asked, b));
  const isNear = best !== undefined && 2 * distance(asked, best) <= asked.length;
  return isNear ? `did you mean '${best}'?` : `there are: ${[...new Set(names)].join(", ")}`;
}
