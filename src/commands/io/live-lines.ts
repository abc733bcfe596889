import { clearScreenDown, moveCursor } from 'node:readline'
import type { LiveLines } from '../../report/views/view.ts'

export interface TerminalStream extends NodeJS.WritableStream {
  readonly columns?: number
  readonly rows?: number
}

const drawEveryMs = 60
// A line wider than the terminal must not take two rows: erasing counts one row per line.
const [wrapOff, wrapOn] = ['\x1b[?7l', '\x1b[?7h']

/** Runs the work later; returns the function that cancels it. */
export type Later = (work: () => void) => () => void

/** Lines at the cursor of a terminal. */
export function createLiveLines(stream: TerminalStream, later: Later = afterAWhile): LiveLines {
  let rows = 0
  let due: (() => string) | undefined
  let callOff = () => {}
  const erase = () => {
    if (rows === 0) return
    moveCursor(stream, 0, -rows)
    clearScreenDown(stream)
    rows = 0
  }
  const draw = () => {
    const lines =
      due?.()
        .split('\n')
        .slice(0, (stream.rows || 24) - 1) ?? []
    due = undefined
    erase()
    stream.write(`${wrapOff}${lines.map((line) => `${line}\n`).join('')}${wrapOn}`)
    rows = lines.length
  }
  return {
    get columns() {
      return stream.columns || 80
    },
    draw(render) {
      const isDue = due !== undefined
      due = render
      if (!isDue) callOff = later(draw)
    },
    erase() {
      callOff()
      due = undefined
      erase()
    },
  }
}

/** Limits drawing, as a thousand hosts send more events than a terminal can show. */
function afterAWhile(work: () => void): () => void {
  const timer = setTimeout(work, drawEveryMs).unref()
  return () => clearTimeout(timer)
}
