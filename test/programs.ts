import { join } from 'node:path'

/** Names the folder into which test/run.ts has built tests and programs. */
export const builtVariable = 'CONVERGE_TEST_BUILD'

/** What tests start in processes of their own. */
export const programs = ['src/cli.ts', 'test/crash/controller.ts'] as const

/** The arguments with which Node runs one of them. */
export function programArguments(source: (typeof programs)[number]): readonly string[] {
  const folder = process.env[builtVariable]
  if (folder === undefined) throw new Error('nothing is built: tests are run by `npm test -- PATTERN`')
  return [join(folder, source.replace(/\.ts$/, '.js'))]
}
