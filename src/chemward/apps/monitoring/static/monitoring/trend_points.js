// What charts of tags are made of: points with holes, marks of bad quality, ranges of axes.
export const BAD = 2;
export const isBad = (quality) => (quality & 3) === BAD;

const DOT = { symbol: "circle", symbolSize: 3 };

/** Points of an answer with a hole where the historian saw a gap, and where the value is bad. A sample between two holes has no
 * line that could show it: it is a dot. */
export function points(trend) {
  const starts = new Set(trend.gaps.map(([before]) => before));
  const last = trend.ts.length - 1;
  const isHole = (i) => i < 0 || i > last || trend.value[i] === null || isBad(trend.quality[i]);
  return trend.ts.flatMap((at, i) => {
    const value = isHole(i) ? null : trend.value[i];
    const isEnd = starts.has(at);
    const isBegin = i === 0 || starts.has(trend.ts[i - 1]);
    const isAlone = value !== null && (isBegin || isHole(i - 1)) && (isEnd || isHole(i + 1));
    const point = isAlone ? { value: [at, value], ...DOT } : [at, value];
    return isEnd ? [point, [at + 1, null]] : [point];
  });
}

/** Samples of bad quality, at most `most` of them: [[at, value | null]]. */
export function badPoints(trend, most = 300) {
  const found = [];
  for (let i = 0; i < trend.ts.length && found.length < most; i += 1) if (isBad(trend.quality[i])) found.push([trend.ts[i], trend.value[i]]);
  return found;
}

/** Lowest and highest finite value of the points within [from, to] that are not bad; null when there is none. */
export function extremes(trend, from, to) {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < trend.ts.length; i += 1) {
    const [at, value] = [trend.ts[i], trend.value[i]];
    if (at < from || at > to || value === null || isBad(trend.quality[i])) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low === Infinity ? null : [low, high];
}

/** Range of a value axis with some room; zero stays the floor of what is never negative. */
export function axisRange(low, high) {
  const room = (high - low || Math.abs(high) || 1) * 0.08;
  return { min: low >= 0 && low - room < 0 ? 0 : low - room, max: high + room };
}

/** Place of the newest point at or before a moment; -1 when there is none. */
export function placeAt(ts, at) {
  let [low, high] = [0, ts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ts[middle] <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
