/** A pattern that a text does not match on which V8 runs out of stack: megabytes, where the pattern has `(...)*`. */
class BoundedPattern extends RegExp {
  override test(text: string): boolean {
    try {
      return super.test(text)
    } catch (error) {
      if (error instanceof RangeError) return false
      throw error
    }
  }
}

export function boundedPattern(pattern: string, flags: string): RegExp {
  return new BoundedPattern(pattern, flags)
}
