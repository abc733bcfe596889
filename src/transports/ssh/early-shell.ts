import type { CommandChannel, SshLink } from './link.ts'

/** A shell that is started while something else is on its way, so that the next program need not wait for that. */
export interface EarlyShell {
  /** Starts it, if the server opens a session now. */
  start(command: string): void
  /** Gives it, if it was started by this command and still runs; it is nobody else's then. */
  take(command: string): Promise<CommandChannel | undefined>
  /** Ends it if nobody has taken it. */
  end(): void
}

export function earlyShell(link: SshLink): EarlyShell {
  let started: { readonly command: string; readonly channel: Promise<CommandChannel | undefined> } | undefined
  const end = (): void => {
    started?.channel.then((channel) => channel?.close())
    started = undefined
  }
  return {
    start(command) {
      end()
      // A refused one is tried again when it is needed.
      started = { command, channel: link.exec(command).catch(() => undefined) }
    },
    async take(command) {
      if (started?.command !== command) end()
      const channel = await started?.channel
      started = undefined
      return channel?.hasEnded() === true ? undefined : channel
    },
    end,
  }
}
