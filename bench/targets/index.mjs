// The targets by name. Each is loaded only in the process that measures it.

export const targetNames = ['daybook', 'lmdb', 'hand-written', 'hand-written-async']

/** What runs unless the command line says otherwise: the hand-written log in its faster variant. */
export const defaultTargets = ['daybook', 'lmdb', 'hand-written']

/**
 * @param {string} name
 * @returns {Promise<import('./target.js').Target>}
 */
export async function loadTarget(name) {
  const { target } = await import(`./${name}.mjs`)
  return target
}
