import type { PlatformFact } from '../../model/facts.ts'
import { given } from '../../model/given.ts'
import { AnswerError, type AnswerReader, integer } from '../answers/answer-reader.ts'

const debianArch: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  aarch64: 'arm64',
  arm64: 'arm64',
  armv7l: 'armhf',
  i686: 'i386',
  ppc64le: 'ppc64el',
}

export function readPlatform(reader: AnswerReader): PlatformFact {
  const [init, uid, rooted] = reader.expect('platform').split(' ')
  if (init !== 'systemd' && init !== 'offline' && init !== 'none')
    throw new AnswerError(`unknown init ${init}`)
  const os = reader.expect('os')
  const release = reader.expect('release')
  const machine = reader.expect('machine')
  const missingStagingDir = reader.next('no-staging') ? reader.expect('no-staging') : undefined
  const same = reader.next('same') ? reader.expect('same') : undefined
  return {
    os,
    release,
    arch: debianArch[machine] ?? machine,
    init,
    uid: integer(uid),
    rooted: rooted === 'rooted',
    ...given({ machine: same, missingStagingDir }),
  }
}
