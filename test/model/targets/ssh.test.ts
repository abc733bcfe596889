import type { Target } from '../../../src/model/targets/index.ts'
import { targetContract } from '../../contracts/target.ts'

const bare: Target = { transport: 'ssh', address: '192.0.2.9', ssh: {} }
const own = {
  user: 'deploy',
  identityFile: '/home/ann/.ssh/fleet',
  knownHostsFile: '/home/ann/known_hosts',
  hostKeyChecking: 'accept-new',
} as const
const everything = {
  via: 'openssh',
  user: 'root',
  port: 2222,
  identityFile: '/etc/ssh/ssh_host_rsa_key',
  proxyJump: 'ann@bastion:2200',
  knownHostsFile: '/home/ann/.profile',
  hostKeyChecking: 'accept-new',
  connectTimeoutSeconds: 3,
  sudo: 'never',
} as const

const behind = (proxyJump: string) => ({ address: '10.0.0.5', ssh: { proxyJump } })

targetContract({
  transport: 'ssh',
  specs: [
    [{}, { ...bare, address: 'host0' }],
    [
      { address: '192.0.2.7', ssh: { ...everything, identityFile: 'keys/a', knownHostsFile: '~/known' } },
      {
        transport: 'ssh',
        address: '192.0.2.7',
        ssh: { ...everything, identityFile: '/spec/keys/a', knownHostsFile: '~/known' },
      },
    ],
  ],
  refused: [
    [{ ssh: { port: 0 } }, 'invalid-value port must be a whole number from 1 to 65535, not 0'],
    [{ ssh: { via: 'ssh' } }, 'not-allowed via must be built-in or openssh, not "ssh"'],
    [{ ssh: { hostKeyChecking: 'no' } }, 'not-allowed hostKeyChecking must be yes or accept-new, not "no"'],
    [{ ssh: { usr: 'root' } }, 'unknown-key unknown key usr (did you mean user?)'],
    [
      { ssh: { proxyJump: '' } },
      'invalid-value proxyJump must be user@bastion:port, several of these separated by commas, or none, not ""',
    ],
  ],
  different: [
    { address: '10.0.0.5' },
    { address: '10.0.0.5', ssh: { port: 2222 } },
    { address: '10.0.0.6' },
    behind('bastion-a'),
    behind('bastion-b'),
  ],
  same: [
    { address: 'Web.example.com' },
    { address: 'web.example.com' },
    'duplicate-address host1 has the same address as host0 on line 1: web.example.com',
  ],
  reported: [
    // Neither this machine's files nor how keys are checked.
    {
      target: { ...bare, ssh: everything },
      reporter: { ...bare, ssh: own },
      believed: {
        ...bare,
        ssh: {
          user: 'root',
          port: 2222,
          proxyJump: 'ann@bastion:2200',
          sudo: 'never',
          identityFile: own.identityFile,
          knownHostsFile: own.knownHostsFile,
          hostKeyChecking: 'yes',
        },
      },
    },
    // How its reporter is reached says nothing about the host.
    {
      target: bare,
      reporter: { ...bare, ssh: everything },
      believed: {
        ...bare,
        ssh: {
          identityFile: everything.identityFile,
          knownHostsFile: everything.knownHostsFile,
          connectTimeoutSeconds: 3,
          via: 'openssh',
          hostKeyChecking: 'yes',
        },
      },
    },
    {
      target: { ...bare, ssh: everything },
      reporter: { transport: 'memory' },
      believed: {
        ...bare,
        ssh: {
          user: 'root',
          port: 2222,
          proxyJump: 'ann@bastion:2200',
          sudo: 'never',
          hostKeyChecking: 'yes',
        },
      },
    },
  ],
})
