import { healthWords } from '../model/health-words.ts'
import { details, hasNoPath, type RulesByOperation, runsOnly } from './operation-rules.ts'

/** Rules of the operations that run a command of the spec, or nothing. The effects of a command are not undone. */
export const commandRules: Pick<RulesByOperation, 'record' | 'run' | 'await'> = {
  record: {
    ...hasNoPath,
    ...runsOnly,
    subject: () => 'record',
    leavesUnsynced: false,
    timeoutSeconds: () => 10,
    words: () => 'note in the manifest',
    shell: () => ['record'],
  },
  run: {
    ...hasNoPath,
    ...runsOnly,
    subject: (operation) => `run ${JSON.stringify(operation)}`,
    leavesUnsynced: false,
    timeoutSeconds: ({ timeoutSeconds }) => timeoutSeconds + 10,
    words: ({ command, user, cwd, environment, sensitive, live }) =>
      `run \`${command}\`${details(
        user !== undefined && `as ${user}`,
        cwd !== undefined && `in ${cwd}`,
        environment !== undefined && `with ${Object.keys(environment).join(', ')}`,
        sensitive === true && 'sensitive',
        live === true && 'on a running host',
      )}`,
    shell: ({ timeoutSeconds, cwd = '', user = '', command, sensitive, live, environment = {} }) => [
      'run',
      String(timeoutSeconds),
      cwd,
      user,
      command,
      [sensitive === true ? 'sensitive' : '', live === true ? 'live' : ''].join(' ').trim(),
      ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    ],
  },
  await: {
    ...hasNoPath,
    ...runsOnly,
    subject: (operation) => `await ${operation.command}`,
    leavesUnsynced: false,
    timeoutSeconds: ({ timeoutSeconds }) => timeoutSeconds + 10,
    words: ({ command, timeoutSeconds, unit }) =>
      `wait until ${healthWords(command, unit)} (at most ${timeoutSeconds} s)`,
    shell: ({ timeoutSeconds, command, unit }) => [
      'await',
      String(timeoutSeconds),
      command,
      ...(unit === undefined ? [] : [unit]),
    ],
  },
}
