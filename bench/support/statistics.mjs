// Medians and spreads.

/** @param {number[]} numbers not empty */
export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** @param {number[]} numbers not empty */
export function spread(numbers) {
  return {
    median: median(numbers),
    min: Math.min(...numbers),
    max: Math.max(...numbers),
    rounds: numbers.length,
  }
}

/** What stands in an object under a key like `latency.p50`. @param {object} object @param {string} key */
export const valueAt = (object, key) => key.split('.').reduce((inner, part) => inner?.[part], object)

/**
 * Of each metric the spread per target, and how many times better the first target is than each other one,
 * round by round: above 1 it is better, whether more or less is wanted. Void rounds count only if all are.
 * @param {readonly import('../workloads/workload.js').Metric[]} metrics
 * @param {{ targets: Record<string, object>, void: boolean }[]} all rounds
 * @param {string[]} targets
 */
export function summarize(metrics, all, targets) {
  const good = all.filter((round) => !round.void)
  const rounds = (good.length > 0 ? good : all).map((round) => round.targets)
  const [first, ...rivals] = targets
  return metrics.map(({ key, label, better }) => {
    const ratio = (round, rival) => {
      const [own, other] = [valueAt(round[first], key), valueAt(round[rival], key)]
      return better === 'higher' ? own / other : other / own
    }
    return {
      key,
      label,
      better,
      targets: Object.fromEntries(
        targets.map((name) => [name, spread(rounds.map((round) => valueAt(round[name], key)))]),
      ),
      ratios: Object.fromEntries(
        rivals.map((rival) => [rival, spread(rounds.map((round) => ratio(round, rival)))]),
      ),
    }
  })
}
