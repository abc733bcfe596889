import type { PendingNotification } from '../../model/facts.ts'
import { decodeId, encodeId } from '../resource-id.ts'
import { AnswerError, newerVersion } from './answer-reader.ts'

const header = 'converge-journal 1'

/**
 * The notifications that a journal leaves open: `owe ACTION RESOURCE` adds one, `settled ACTION RESOURCE`
 * strikes it out. A journal of a newer version is refused with an AnswerError. A torn last line is a notification
 * whose change has not happened: it is ignored.
 */
export function pendingInJournal(text: string): readonly PendingNotification[] {
  if (text === '') return []
  const lines = text.split('\n')
  if (lines[0] !== header) throw newerVersion('the journal', lines[0])
  const pending = new Map<string, PendingNotification>()
  for (const line of lines.slice(1)) {
    const [verb, action, id] = line.split(' ')
    // Not even whole: every identity ends in a bracket.
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

/** The words of a notification, as the journal holds them. */
export function notificationWords(notification: PendingNotification): readonly string[] {
  return [notification.action, encodeId(notification.resource)]
}
