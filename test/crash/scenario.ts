import { block, command, directory, file, group, line, link, setting, unit, user } from '../../src/dsl.ts'
import type { Resource } from '../../src/model/resource.ts'

/** Where everything that the scenario counts is written: by commands here, by units on a real host. */
export const actsPath = '/var/log/crash-acts'

/**
 * What the distribution put there: one file is adopted before the change and left by it, one is adopted by it, and in others
 * a block, a line and a setting change, leave and come.
 */
export const distribution = {
  '/etc/crash/adopted.conf': 'as shipped\n',
  '/etc/crash/motd': 'welcome\n',
  '/etc/crash/block-changes.conf': 'of others\n',
  '/etc/crash/block-leaves.conf': 'of others\n',
  '/etc/crash/block-comes.conf': 'of others\n',
  '/etc/crash/line-changes.conf': 'of others\nkey 0\n',
  '/etc/crash/setting-changes.conf': '[of others]\nkey = 0\n',
  '/etc/crash/setting-leaves.conf': '[of others]\n',
} as const

/** Whatever is below one of these belongs to the scenario, beside the accounts and the units' links. */
export const scenarioPaths = [
  '/etc/crash',
  '/srv/crash',
  '/home/crash',
  ...['web', 'proxy', 'old', 'fresh', 'echo'].map((name) => `/etc/systemd/system/crash-${name}.service`),
  '/etc/systemd/system/crash-echo.socket',
] as const

/** Files that the change writes and removes again. */
export const transient = { '/etc/crash/bootstrap': 'first start\n' } as const

/** The notifications that the change owes, and how each shows where the acts are counted. */
export const owed = ['restart crash-web', 'reload crash-proxy', 'reindex', 'at-once'] as const

/** What is true of the hosts before the change that is interrupted. */
export function before(): readonly Resource[] {
  const environment = file({ path: '/etc/crash/web.env', content: 'WORKERS=2\n' })
  const proxied = file({ path: '/etc/crash/proxy.conf', content: 'backends 2\n' })
  return [
    directory({ path: '/etc/crash' }),
    directory({ path: '/srv/crash' }),
    environment,
    proxied,
    file({ path: '/etc/crash/mode.conf', content: 'secret\n' }),
    file({ path: '/etc/crash/adopted.conf', content: 'ours\n' }),
    file({ path: '/etc/crash/leaves.conf', content: 'for now\n' }),
    file({ path: '/etc/crash/index.conf', content: 'fields 3\n' }),
    link({ path: '/etc/crash/current', target: 'index.conf' }),
    block({ path: '/etc/crash/block-changes.conf', name: 'own', content: 'one\n' }),
    block({ path: '/etc/crash/block-leaves.conf', name: 'own', content: 'for now\n' }),
    line({ path: '/etc/crash/line-changes.conf', startsWith: 'key', line: 'key 1' }),
    setting({ path: '/etc/crash/setting-changes.conf', section: 'of others', key: 'key', value: 1 }),
    setting({ path: '/etc/crash/setting-leaves.conf', section: 'leaves', key: 'key', value: 1 }),
    service('web', { restartOn: [environment] }),
    service('proxy', { reloadOn: [proxied] }),
    service('old'),
    ...echo('one', true),
  ]
}

/** The change: at least one of everything that an apply does, with every kind of notification. */
export function after(): readonly Resource[] {
  const owner = group({ name: 'crash', gid: 4711 })
  const account = user({
    name: 'crash',
    uid: 4711,
    group: 'crash',
    groups: ['users'],
    home: '/home/crash',
    shell: '/bin/sh',
    createHome: true,
  })
  const environment = file({ path: '/etc/crash/web.env', content: 'WORKERS=8\n' })
  const proxied = file({ path: '/etc/crash/proxy.conf', content: 'backends 8\n' })
  const reindex = counting('reindex')
  const atOnce = counting('at-once')
  const ready = '/srv/crash/ready'
  return [
    directory({ path: '/etc/crash' }),
    directory({ path: '/srv/crash' }),
    owner,
    account,
    directory({ path: '/etc/crash/private', owner: 'crash', group: 'crash', mode: '0750' }),
    file({
      path: '/etc/crash/private/key',
      content: 'abc\n',
      owner: 'crash',
      group: 'crash',
      mode: '0600',
      notifies: [{ resource: atOnce, action: 'run', timing: 'immediate' }],
    }),
    file({ path: '/etc/crash/motd', content: 'managed\n' }),
    file({ path: '/etc/crash/new.conf', content: 'x'.repeat(70_000), mode: '0640' }),
    file({ path: '/etc/crash/mode.conf', content: 'secret\n', mode: '0600' }),
    environment,
    proxied,
    file({
      path: '/etc/crash/index.conf',
      content: 'fields 4\n',
      notifies: [{ resource: reindex, action: 'run' }],
    }),
    link({ path: '/etc/crash/current', target: 'new.conf' }),
    link({ path: '/etc/crash/fresh', target: 'motd' }),
    block({ path: '/etc/crash/block-changes.conf', name: 'own', content: 'two\n' }),
    block({ path: '/etc/crash/block-comes.conf', name: 'own', content: 'new\n', at: 'start' }),
    block({ path: '/etc/crash/block-alone.conf', name: 'own', content: 'new\n' }),
    line({ path: '/etc/crash/line-changes.conf', startsWith: 'key', line: 'key 2' }),
    setting({ path: '/etc/crash/setting-changes.conf', section: 'of others', key: 'key', value: 2 }),
    setting({ path: '/etc/crash/setting-alone.conf', section: 'new', key: 'key', value: 1 }),
    file({ path: '/etc/crash/bootstrap', content: transient['/etc/crash/bootstrap'], until: ready }),
    service('fresh'),
    command({ name: 'prepare', command: `: >"\${CONVERGE_ROOT-}${ready}"`, creates: ready }),
    file({
      path: '/etc/crash/guarded',
      content: 'prepared\n',
      onlyIf: `test -e "\${CONVERGE_ROOT-}${ready}"`,
    }),
    reindex,
    atOnce,
    service('web', { restartOn: [environment] }),
    service('proxy', { reloadOn: [proxied] }),
    ...echo('two', null),
  ]
}

/** A socket of which the service runs, and is not declared to: only what stopped it can know that it is to start again. */
function echo(socket: string, started: true | null): readonly Resource[] {
  return [
    service('echo', { started }),
    unit({
      name: 'crash-echo.socket',
      content: { Socket: { ListenStream: `/run/crash-${socket}` } },
      started: true,
    }),
  ]
}

function counting(word: string): Resource {
  return command({ name: word, command: `echo ${word} >>"\${CONVERGE_ROOT-}${actsPath}"` })
}

/** A unit that on a real host writes down what is done to it. */
function service(
  name: string,
  {
    started = true,
    ...more
  }: Omit<Partial<Parameters<typeof unit>[0]>, 'started'> & { started?: true | null } = {},
): Resource {
  const note = (act: string): string => `/bin/sh -c "echo ${act} crash-${name} >>${actsPath}"`
  return unit({
    name: `crash-${name}.service`,
    content: {
      Service: {
        Type: 'oneshot',
        RemainAfterExit: true,
        ExecStart: note('start'),
        ExecReload: note('reload'),
        ExecStop: note('stop'),
      },
      Install: { WantedBy: 'multi-user.target' },
    },
    enabled: true,
    ...(started !== null && { started }),
    ...more,
  })
}
