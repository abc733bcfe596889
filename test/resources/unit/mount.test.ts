import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { directory, file, link, unit } from '../../../src/dsl.ts'
import { SpecError } from '../../../src/model/errors.ts'
import { mountChange, mountNameOf, mountPointOf } from '../../../src/resources/unit/mount.ts'
import { compileSample, host, ids, mistakes, recipe } from '../../compile/sample-cluster.ts'

test('where a mount unit mounts stands in its name, as systemd-escape writes it', () => {
  const pairs = [
    ['/mnt/data', 'mnt-data'],
    ['/', '-'],
    ['/srv/a-b/.hidden', 'srv-a\\x2db-.hidden'],
    ['/.snapshots', '\\x2esnapshots'],
    ['/mnt/größe x', 'mnt-gr\\xc3\\xb6\\xc3\\x9fe\\x20x'],
  ] as const
  for (const [path, name] of pairs) {
    assert.is(mountNameOf(path), name)
    assert.is(mountPointOf(`${name}.mount`), path)
    assert.is(mountPointOf(`${name}.automount`), path)
  }
  assert.is(mountNameOf('//mnt/data/'), 'mnt-data')
  assert.is(mountPointOf('mnt-data.service'), undefined)
})

test('only another source, place or type has to be mounted anew', () => {
  const before = '[Mount]\nWhat=tmpfs\nType=tmpfs\nOptions=size=8M\n'
  const asks = (from: string, to: string) => mountChange(before, before.replace(from, to))
  assert.is(asks('size=8M', 'size=4M'), 'reload')
  assert.is(asks('[Mount]', '[Unit]\nDescription=x\n[Mount]'), 'reload')
  assert.is(asks('What=tmpfs', 'What=/dev/vdb'), 'restart')
  assert.is(asks('Type=tmpfs\n', ''), 'restart')
  assert.is(asks('Options', '# What=old\nOptions'), 'reload')
  assert.is(asks('What=tmpfs', 'What=/dev/disk/by-label/%j'), 'restart')
  const labelled = before.replace('tmpfs', '/dev/disk/by-label/%i')
  assert.is(mountChange(labelled, labelled.replace('%i', '%j')), 'restart')
  assert.is(mountChange('', '[Mount]\nOptions=noatime\n'), 'reload', 'a new drop-in')
  assert.is(mountChange('', before), 'restart')
  assert.is(mountChange(undefined, before), 'restart')
})

test('what is declared at or below a mount comes after it, and the mount after its source and what is above', () => {
  const resources = [
    file({ path: '/srv/data/app/app.conf', content: '' }),
    link({ path: '/srv/data/current', target: 'app' }),
    directory({ path: '/srv/data' }),
    unit({ name: 'srv-data.automount', started: true }),
    unit({ name: 'srv-data.mount', content: '[Mount]\nWhat=/var/lib/images/data.img\n', started: true }),
    directory({ path: '/srv' }),
    directory({ path: '/var/lib/images' }),
    file({ path: '/etc/beside', content: '' }),
  ]
  const compiled = compileSample({ hosts: [host('a', ['r'])], recipes: [recipe('r', () => resources)] })
  assert.equal(ids(compiled), [
    'directory[/srv]',
    'unit[srv-data.automount]',
    'directory[/var/lib/images]',
    'unit[srv-data.mount]',
    'directory[/srv/data]',
    'file[/srv/data/app/app.conf]',
    'link[/srv/data/current]',
    'file[/etc/beside]',
  ])
})

test('a mount that is to come after what it hides is a cycle', () => {
  const resources = [
    directory({ path: '/mnt/data' }),
    unit({ name: 'mnt-data.mount', content: '[Mount]\nWhat=tmpfs\n', after: ['directory[/mnt/data]'] }),
  ]
  const found = mistakes({ hosts: [host('a', ['r'])], recipes: [recipe('r', () => resources)] })
  assert.match(JSON.stringify(found), 'unit[mnt-data.mount] (its mount)')
})

test('a mount whose name does not say where it mounts is refused with the name that does', () => {
  const make = () =>
    unit({ name: 'data.mount', content: { Mount: { What: 'tmpfs', Where: '/mnt/my-data' } } })
  assert.throws(make, (error: unknown) => {
    assert.instance(error, SpecError)
    const [problem] = (error as SpecError).problems
    assert.is(problem?.message, 'unit[data.mount]: Where=/mnt/my-data is not where its name says, /data')
    assert.is(problem?.hint, 'name it mnt-my\\x2ddata.mount')
    return true
  })
})

test.run()
