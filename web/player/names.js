/** Suggestions for unknown names. */

/**
 * The number of letters by which two words differ.
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
 * A suggestion for an unknown name: the nearest of these, or a list of all.
 * @param {unknown} name
 * @param {string[]} names
 */
export function meant(name, names) {
  const asked = String(name);
  const [best] = [...new Set(names)].sort((a, b) => distance(asked, a) - distance(asked, b));
  const isNear = best !== undefined && 2 * distance(asked, best) <= asked.length;
  return isNear ? `did you mean '${best}'?` : `there are: ${[...new Set(names)].join(", ")}`;
}
