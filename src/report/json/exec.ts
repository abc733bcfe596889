import { Type } from 'typebox'
import { given } from '../../model/given.ts'
import { closed, type Data, list, text } from '../../model/schema.ts'
import { type Answer, AnswersSummary, summariseAnswers } from '../hosts/render-exec.ts'
import { failedHost, failedHostObject } from './change.ts'
import { command, count, document, formatVersion, hostName } from './schema.ts'

export const ExecDocument = document(
  'Answers',
  'Printed by `converge exec --json`: the output of a command on each host.',
  {
    command: command('exec'),
    cluster: text('Name of the cluster.'),
    commandLine: text("The command as passed to the hosts' shells."),
    hosts: list(
      'The hosts in the order of the spec.',
      Type.Union([
        closed('A host on which it ran.', {
          host: hostName,
          exitCode: Type.Optional(count('Absent when a signal ended it.')),
          stdout: text('What it printed; bytes that are not UTF-8 are replaced.'),
          stderr: text('What it printed to stderr.'),
        }),
        failedHost,
      ]),
    ),
    summary: AnswersSummary,
  },
)
export type ExecDocument = Data<typeof ExecDocument>

export function execDocument(cluster: string, commandLine: string, answers: readonly Answer[]): ExecDocument {
  return {
    formatVersion,
    command: 'exec',
    cluster,
    commandLine,
    hosts: answers.map((answer) => {
      if ('error' in answer) return failedHostObject(answer.host, answer.error)
      const { host, exitCode, stdout, stderr } = answer
      return { host, ...given({ exitCode }), stdout, stderr }
    }),
    summary: summariseAnswers(answers),
  }
}
