/**
 * Goes on with a value: at once where it is at hand, later where it is promised. What every request passes is mostly
 * at hand, and each wait for nothing costs it a turn of the event loop's queue.
 */
export function whenKnown<Value, Next>(
  value: Value | Promise<Value>,
  next: (value: Value) => Next | Promise<Next>,
): Next | Promise<Next> {
  return value instanceof Promise ? value.then(next) : next(value)
}
