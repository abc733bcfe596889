/** Starts a clock that goes on only while this process works: it gives milliseconds, and no other process slows it. */
export function ownTime(): () => number {
  const begun = process.cpuUsage()
  return () => {
    const { user, system } = process.cpuUsage(begun)
    return (user + system) / 1000
  }
}
