// Checks of types at compile time: a wrong type does not compile.

/** True for two types that are the same, also where one of them is `any`. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** `expectType<Wanted>()(value)`: the type of `value` is exactly `Wanted`. */
export function expectType<Wanted>() {
  return <Given>(
    _value: Given,
    ..._proof: Same<Wanted, Given> extends true ? [] : ['not the same type']
  ): void => {}
}
