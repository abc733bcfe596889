import { invalid, type Self } from '../define/define-resource.ts'

const armor = /^-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n([\s\S]*?)\r?\n-----END PGP PUBLIC KEY BLOCK-----$/

/**
 * Public keys of OpenPGP in ASCII armor (RFC 4880, section 6), which apt, dnf, zypper and rpm read, given so or in plain
 * base64.
 */
export function armoredKey(key: string, self: Self): string {
  const text = key.trim()
  const [, armored] = armor.exec(text) ?? []
  // Before the empty line there are headers, after the content there is its checksum.
  const body =
    armored?.replace(/^([^\n]*\S[^\n]*\n)*\s*\n/, '').replace(/\n=[A-Za-z0-9+/]{4}\s*$/, '') ?? text
  const bytes = Buffer.from(body, 'base64')
  if (!/^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(body) || !startsWithPublicKey(bytes))
    invalid(
      self,
      `key is not a public key of OpenPGP${/PRIVATE KEY/.test(text) ? ', but a private one' : ''}`,
      'give it as it is published, from BEGIN to END PGP PUBLIC KEY BLOCK, or what base64 prints of the file',
    )
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  const begin = '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n'
  return `${begin}${lines.join('\n')}\n=${checksum(bytes)}\n-----END PGP PUBLIC KEY BLOCK-----\n`
}

/** The tag of the first packet, of the old or the new format (RFC 4880, section 4.2). */
function startsWithPublicKey([first = 0]: Buffer): boolean {
  return (first & 0xc0) === 0xc0 ? (first & 0x3f) === 6 : (first & 0x80) !== 0 && (first & 0x3c) >> 2 === 6
}

/** CRC-24 of RFC 4880, section 6.1. */
function checksum(bytes: Buffer): string {
  let crc = 0xb704ce
  for (const byte of bytes) {
    crc ^= byte << 16
    for (let bit = 0; bit < 8; bit += 1) {
      crc <<= 1
      if ((crc & 0x1000000) !== 0) crc ^= 0x1864cfb
    }
  }
  return Buffer.from([crc >> 16, crc >> 8, crc]).toString('base64')
}
