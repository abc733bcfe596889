import type { Progress } from '../../model/report.ts'
import { advanceProgress, initialProgress, progressLine, renderProgress } from '../../report/text/progress.ts'
import type { Io } from './io.ts'

const drawEveryMs = 60

export interface ProgressWatch {
  onProgress(event: Progress): void
  /** Takes the live view away, so that something else can be printed; the next event brings it back. */
  pause(): void
}

/** Shows progress on stderr: a live view on a terminal, plain lines elsewhere. */
export async function watchProgress(io: Io, options: { readonly verbose: boolean }): Promise<ProgressWatch> {
  const view = await io.liveView()
  if (view === undefined) {
    return {
      onProgress: (event) => {
        const line = progressLine(event, options)
        if (line !== undefined) io.stderr.write(`${line}\n`)
      },
      pause: () => {},
    }
  }
  let state = initialProgress
  let timer: NodeJS.Timeout | undefined
  const draw = () => {
    timer = undefined
    view.draw(renderProgress(state, { style: io.stderr.style, columns: view.columns }))
  }
  return {
    onProgress: (event) => {
      state = advanceProgress(state, event)
      // A thousand hosts send more events than a terminal can draw. The timer must not keep the process alive.
      timer ??= setTimeout(draw, drawEveryMs).unref()
    },
    pause: () => {
      clearTimeout(timer)
      timer = undefined
      view.clear()
    },
  }
}
