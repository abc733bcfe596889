import { delimiter } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { inEachShell, inShellsByTurns } from '../root-tree.ts'
import { inspect, libraryFor } from '../run-programs.ts'

test('a file says that a reboot is required, and for which packages; a root tree is in no boot', () =>
  inEachShell(async (tree) => {
    const fact = async () => (await inspect(tree, [{ probe: 'reboot' }])).reboot
    assert.equal(await fact(), { state: 'not-required', why: '' })
    tree.write('/run/reboot-required', '*** System restart required ***\n')
    assert.equal(await fact(), { state: 'required', why: '/run/reboot-required exists' })
    tree.write('/run/reboot-required.pkgs', 'linux-image-6.1\nlibc6\nlinux-image-6.1\n')
    assert.equal(await fact(), {
      state: 'required',
      why: '/run/reboot-required exists (libc6 linux-image-6.1)',
    })
  }))

test('needs-restarting is believed if it says so itself', () =>
  inShellsByTurns(async (tree) => {
    const answer = async (script: string) => {
      tree.write('/srv/bin/needs-restarting', `#!/bin/sh\n${script}\n`, 0o755)
      const { stdout } = await tree.run(`{
PATH=${tree.at('/srv/bin')}${delimiter}$PATH
${libraryFor(tree.shell).inspect}
read_uid
boot=b1
ask_needs_restarting
}`)
      return stdout.toString()
    }
    const told = 'printf "%s\\n" "Core libraries:" "  * kernel" "  * glibc" "Reboot is required."; exit 1'
    assert.is(await answer(told), 'reboot required b1 needs-restarting says so (glibc kernel)\n')
    assert.is(await answer('exit 0'), 'reboot not-required b1\n')
    assert.is(
      await answer('echo no such option: -r >&2; exit 1'),
      'reboot unknown b1 needs-restarting failed\n',
    )
    assert.is(await answer('exit 3'), 'reboot unknown b1 needs-restarting failed\n')
  }))

test.run()
