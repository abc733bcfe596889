import { ConvergeError } from '../../model/errors.ts'

const pauseMs = 1000

/** Repeats the work once a second while another apply runs on the host, for as long as there is patience. */
export async function waitForLock<T>(waitSeconds: number, work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + waitSeconds * 1000
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const locked = error instanceof ConvergeError && error.code === 'locked'
      if (!locked || performance.now() >= deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }
}
