import type { PendingNotification } from '../../model/facts.ts'
import { decodeId, encodeId } from '../resource-id.ts'
import { AnswerError, newerVersion } from './answer-reader.ts'

const header = 'converge-journal 1'

/**
 * The pending notifications of a journal: `owe ACTION RESOURCE` adds one, `settled ACTION RESOURCE` removes it. A newer
 * version is an AnswerError. A torn last line is ignored: its change has not happened.
 */
export function pendingInJournal(text: string): readonly PendingNotification[] {
  if (text === '') return []
  const lines = text.split('\n')
  if (lines[0] !== header) throw newerVersion('the journal', lines[0])
  const pending = new Map<string, PendingNotification>()
  for (const line of lines.slice(1)) {
    const [verb, action, id] = line.split(' ')
    // Torn: every identity ends with a bracket.
    if (action === undefined || id?.endsWith(']') !== true) continue
    if (verb === 'owe') pending.set(`${action} ${id}`, { resource: decoded(id), action })
    if (verb === 'settled') pending.delete(`${action} ${id}`)
  }
  return [...pending.values()]
}

function decoded(id: string): string {
  try {
    return decodeId(id)
  } catch (cause) {
    throw new AnswerError(`a line of the journal is damaged: ${id.slice(0, 60)} (${String(cause)})`)
  }
}

/** The words of a notification in the journal. */
export function notificationWords(notification: PendingNotification): readonly string[] {
  return [notification.action, encodeId(notification.resource)]
}
