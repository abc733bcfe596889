const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const
const pending = new Set<() => void>()

/** Has `act`, which must be synchronous, done when the process ends, also by a signal; gives what calls that off. */
export function atExit(act: () => void): () => void {
  if (pending.size === 0) listen()
  pending.add(act)
  return () => {
    pending.delete(act)
    if (pending.size === 0) stopListening()
  }
}

function listen(): void {
  process.on('exit', actAll)
  for (const signal of Object.keys(signals)) process.on(signal, exitBySignal)
}

function stopListening(): void {
  process.off('exit', actAll)
  for (const signal of Object.keys(signals)) process.off(signal, exitBySignal)
}

function exitBySignal(signal: keyof typeof signals): void {
  process.exit(signals[signal])
}

function actAll(): void {
  for (const act of pending) {
    try {
      act()
    } catch (error) {
      console.error(error)
      process.exitCode = 1
    }
  }
}
