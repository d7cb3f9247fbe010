// Random commands on a log, as plain data: they print well, shrink well, and mean the same on every log.
//
// Seqnums differ between logs that behave alike, since they may have gaps. So commands speak of records by
// their ordinal: the how-manieth record of the whole log it was. A bound is a cut between two ordinals, said
// in any of the ways that name the same cut.

import fc from 'fast-check'

export const bookNames = ['red', 'green', 'blue'] as const
export const tagNames = ['a', 'b', 'ü', 'a\0'] as const
/** The worlds are opened with this limit, so that some appends are refused. */
export const recordBytesMax = 1024
/** And with room for the aux data of a few records. */
export const auxBytes = 1500

/** Where a bound lies. `at` chooses among the records; `shift` by one, to the same cut or past it. */
export type Place =
  | { readonly kind: 'record'; readonly at: number; readonly shifted: boolean }
  | { readonly kind: 'start' | 'end' }
  | { readonly kind: 'none' }

export interface Append {
  readonly book: number
  readonly bytes: number
  readonly tags: readonly string[]
  readonly durability: 'disk' | 'os'
}

export interface Find {
  readonly tag: string | undefined
  readonly from: Place
  readonly after: Place
  readonly to: Place
  readonly before: Place
}

/** Which records: those that have all tags of any of the lists; no list: the whole book. */
export type Terms = readonly (readonly string[])[]

/** Holds if nothing that is meant has come behind the place. */
export interface Expected {
  readonly terms: Terms
  readonly after: Place
}

interface Target {
  /** Which of the two open handles, and which book. */
  readonly handle: number
  readonly book: number
}

export type Command =
  | ({ readonly do: 'append'; readonly append: Append } & Target)
  | ({ readonly do: 'burst'; readonly appends: readonly Append[] } & Target)
  | ({
      readonly do: 'appendMany'
      readonly items: readonly Append[]
      readonly durability: 'disk' | 'os'
    } & Target)
  | ({
      readonly do: 'appendIf'
      readonly items: readonly Append[]
      readonly expected: readonly Expected[]
      readonly key: string | undefined
    } & Target)
  | ({
      readonly do: 'query'
      readonly terms: Terms
      readonly find: Find
      readonly limit: number
      readonly reverse: boolean
    } & Target)
  | ({ readonly do: 'readNext' | 'readPrev'; readonly find: Find; readonly sync: boolean } & Target)
  | ({ readonly do: 'get'; readonly place: Place; readonly sync: boolean } & Target)
  | ({ readonly do: 'tail'; readonly tag: string | undefined; readonly sync: boolean } & Target)
  | ({
      readonly do: 'read'
      readonly find: Find
      readonly limit: number
      readonly reverse: boolean
      readonly batches: boolean
      readonly onTrim: 'skip' | 'error'
    } & Target)
  | ({ readonly do: 'seqnumAt'; readonly at: number; readonly offset: number } & Target)
  | ({ readonly do: 'trim'; readonly before: Place; readonly tag: string | undefined } & Target)
  | ({ readonly do: 'setAux'; readonly place: Place; readonly bytes: number } & Target)
  | ({ readonly do: 'live'; readonly tag: string | undefined; readonly after: Place } & Target)
  | { readonly do: 'step'; readonly reader: number }
  | { readonly do: 'leave'; readonly reader: number }
  | ({ readonly do: 'reopen'; readonly pending: readonly Append[] } & Target)

const target = { handle: fc.nat(1), book: fc.nat(bookNames.length - 1) }
const tag = fc.option(fc.constantFrom(...tagNames, 'absent'), { nil: undefined, freq: 2 })
const durability = fc.constantFrom('disk' as const, 'os' as const)

const append: fc.Arbitrary<Append> = fc.record({
  book: target.book,
  bytes: fc.oneof(
    { weight: 20, arbitrary: fc.nat(20) },
    { weight: 1, arbitrary: fc.constantFrom(recordBytesMax, recordBytesMax + 1) },
  ),
  // With duplicates, on purpose.
  tags: fc.array(fc.constantFrom(...tagNames), { maxLength: 5 }),
  durability,
})

const record: fc.Arbitrary<Place> = fc.record({
  kind: fc.constant('record' as const),
  at: fc.nat(200),
  shifted: fc.boolean(),
})
const edge: fc.Arbitrary<Place> = fc.record({ kind: fc.constantFrom('start' as const, 'end' as const) })
const none: fc.Arbitrary<Place> = fc.constant({ kind: 'none' })
const bound = fc.oneof(
  { weight: 6, arbitrary: none },
  { weight: 3, arbitrary: record },
  { weight: 1, arbitrary: edge },
)
const find: fc.Arbitrary<Find> = fc.record({ tag, from: bound, after: bound, to: bound, before: bound })

const limit = fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.nat(5))

const terms: fc.Arbitrary<Terms> = fc.array(
  fc.array(fc.constantFrom(...tagNames, 'absent'), { minLength: 1, maxLength: 3 }),
  { maxLength: 3 },
)
const expected: fc.Arbitrary<Expected> = fc.record({
  terms,
  after: fc.oneof({ weight: 3, arbitrary: record }, { weight: 2, arbitrary: edge }),
})

const changes: fc.Arbitrary<Command>[] = [
  fc.record({
    do: fc.constant('appendIf' as const),
    items: fc.array(append, { minLength: 1, maxLength: 3 }),
    expected: fc.array(expected, { maxLength: 3 }),
    key: fc.option(fc.constantFrom('k', 'l', 'm', 'n', 'ü'), { nil: undefined }),
    ...target,
  }),
  fc.record({ do: fc.constant('append' as const), append, ...target }),
  fc.record({ do: fc.constant('burst' as const), appends: fc.array(append, { maxLength: 8 }), ...target }),
  fc.record({
    do: fc.constant('appendMany' as const),
    items: fc.oneof(fc.array(append, { maxLength: 6 }), fc.array(append, { minLength: 60, maxLength: 80 })),
    durability,
    ...target,
  }),
]

const questions: fc.Arbitrary<Command>[] = [
  fc.record({
    do: fc.constantFrom('readNext' as const, 'readPrev' as const),
    find,
    sync: fc.boolean(),
    ...target,
  }),
  fc.record({
    do: fc.constant('get' as const),
    place: fc.oneof(record, edge),
    sync: fc.boolean(),
    ...target,
  }),
  fc.record({ do: fc.constant('tail' as const), tag, sync: fc.boolean(), ...target }),
  fc.record({
    do: fc.constant('read' as const),
    find,
    limit,
    reverse: fc.boolean(),
    batches: fc.boolean(),
    onTrim: fc.constantFrom('skip' as const, 'error' as const),
    ...target,
  }),
  fc.record({
    do: fc.constant('seqnumAt' as const),
    at: fc.nat(200),
    offset: fc.integer({ min: -1, max: 1 }),
    ...target,
  }),
  fc.record({ do: fc.constant('query' as const), terms, find, limit, reverse: fc.boolean(), ...target }),
  fc.record({ do: fc.constant('live' as const), tag, after: bound, ...target }),
  fc.record({ do: fc.constant('step' as const), reader: fc.nat(3) }),
  fc.record({
    do: fc.constant('setAux' as const),
    place: fc.oneof({ weight: 9, arbitrary: record }, { weight: 1, arbitrary: edge }),
    bytes: fc.oneof({ weight: 9, arbitrary: fc.nat(40) }, { weight: 1, arbitrary: fc.nat(1600) }),
    ...target,
  }),
]

const rare: fc.Arbitrary<Command>[] = [
  fc.record({ do: fc.constant('trim' as const), before: fc.oneof(record, edge), tag, ...target }),
  fc.record({ do: fc.constant('leave' as const), reader: fc.nat(3) }),
  fc.record({ do: fc.constant('reopen' as const), pending: fc.array(append, { maxLength: 3 }), ...target }),
]

export const command: fc.Arbitrary<Command> = fc.oneof(
  ...changes.map((arbitrary) => ({ weight: 5, arbitrary })),
  ...questions.map((arbitrary) => ({ weight: 4, arbitrary })),
  ...rare.map((arbitrary) => ({ weight: 1, arbitrary })),
)
