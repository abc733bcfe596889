import type { Mistake } from '../../model/diagnostic.ts'
import { names } from './context-directives.ts'

/** The directives of which systemd ignores a line with an open quote. In others a quote is only a character. */
const QUOTED_WORDS: ReadonlySet<string> = new Set(
  names(`
    ExecCondition ExecStartPre ExecStart ExecStartPost ExecReload ExecReloadPost ExecStopPre ExecStop ExecStopPost
    Environment PassEnvironment UnsetEnvironment Documentation LogExtraFields SetCredential SetCredentialEncrypted
    ReadWritePaths ReadOnlyPaths InaccessiblePaths ExecPaths NoExecPaths BindPaths BindReadOnlyPaths
    ReadWriteDirectories ReadOnlyDirectories InaccessibleDirectories TemporaryFileSystem RootImageOptions
    ExtensionImages ExtensionDirectories MountImages RequiresMountsFor WantsMountsFor Symlinks
    RuntimeDirectory StateDirectory CacheDirectory LogsDirectory ConfigurationDirectory`),
)

/** The problem with a quote that systemd finds no end of, also within a word: `Environment=MESSAGE=don't`. */
export function checkQuotes(fileName: string, directive: string, value: string): Mistake | undefined {
  if (!QUOTED_WORDS.has(directive)) return undefined
  const [open] =
    /["']/.exec(value.replaceAll(/\\[\s\S]|"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'/g, '')) ?? []
  return open === undefined
    ? undefined
    : {
        message: `${fileName}: ${directive}= opens a ${open} and does not close it, so systemd ignores the line`,
        hint: `close it, or write \\${open} for the character itself`,
      }
}
