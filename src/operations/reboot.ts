import { details, hasNoPath, type RulesByOperation, runsOnly } from './operation-rules.ts'

export const rebootRules: Pick<RulesByOperation, 'reboot'> = {
  reboot: {
    ...hasNoPath,
    ...runsOnly,
    subject: () => 'reboot',
    leavesUnsynced: false,
    // What the host needs to order it. Its return has a limit of its own.
    timeoutSeconds: () => 10,
    words: ({ timeoutSeconds, window }) =>
      `reboot${details(window !== undefined && `between ${window.replace('-', ' and ')} UTC`, `back within ${timeoutSeconds} s`)}`,
    shell: ({ boot }) => ['reboot', boot],
  },
}
