import type { Facts, PathFact } from '../../../src/model/facts.ts'
import type { OperationTypes } from '../../../src/model/operation.ts'
import type { Change, Plan } from '../../../src/model/plan.ts'
import type { Catalog, HostCatalog } from '../../../src/model/resource.ts'
import { supposedFacts } from '../../../src/model/supposed-facts.ts'
import { planCluster } from '../../../src/plan/rollout/plan-cluster.ts'
import { etcdCatalog, sampleMember } from '../../samples/etcd-member.ts'

interface Member {
  readonly id: bigint
  name: string
  peerUrl: string
  isStarted: boolean
  isLearner: boolean
}

interface Machine {
  /** The member whose data it has. */
  data?: bigint
  isRunning: boolean
  /** It ends, and is started again and again. */
  isEnding?: boolean
  /** What it reads at its first start. */
  first?: 'new' | 'existing'
}

/** Clusters of etcd as their members see them: who is one, who runs, and what may be changed. */
export class MadeUpCluster {
  readonly members: Member[] = []
  readonly machines = new Map<string, Machine>()
  spec: readonly string[] = []
  /** Of the URLs in the spec. */
  scheme: 'http' | 'https' = 'http'
  /** What TLS needs: in the spec, on the hosts, or on the hosts only. */
  certificates?: 'being written' | 'there' | 'leaving'
  /** Hosts that say that they are in another cluster. */
  strays: readonly string[] = []
  #nextId = 10_000_000_000_000_000_001n
  /** How often data began that was no other member's. */
  began = 0

  constructor(hosts: readonly string[]) {
    for (const host of hosts) this.machines.set(host, { isRunning: false })
  }

  machine(host: string): Machine {
    const machine = this.machines.get(host)
    if (machine === undefined) throw new Error(`no machine ${host}`)
    return machine
  }

  runs({ id }: Member): boolean {
    return [...this.machines.values()].some(({ data, isRunning }) => isRunning && data === id)
  }

  get voters(): readonly Member[] {
    return this.members.filter(({ isLearner }) => !isLearner)
  }

  /** Whether a member that stays can say who is one. */
  canAnswer(): boolean {
    return this.voters.some(
      (one) =>
        this.runs(one) && this.spec.some((host) => sampleMember(host, this.scheme).peerUrl === one.peerUrl),
    )
  }

  hasQuorum(): boolean {
    const { voters } = this
    return voters.filter((one) => this.runs(one)).length * 2 > voters.length
  }

  /** The plan of some of the hosts; others do not answer, or are not selected. */
  plan(selected: readonly string[] = [...this.machines.keys()]): Plan {
    const catalogs = [...this.machines.keys()].map((host) => this.#catalog(host))
    const facts = new Map(
      catalogs.filter(({ host }) => selected.includes(host)).map((one) => [one.host, this.#facts(one)]),
    )
    const catalog: Catalog = { cluster: 'test', hosts: catalogs }
    return planCluster(catalog, facts)
  }

  #catalog(host: string): HostCatalog {
    if (!this.spec.includes(host)) return { host, entries: [] }
    const hasCertificates = this.certificates !== undefined && this.certificates !== 'leaving'
    return etcdCatalog(host, this.spec, { scheme: this.scheme, hasCertificates })
  }

  #facts({ host, entries }: HostCatalog): Facts {
    const { data, isRunning, isEnding, first } = this.machine(host)
    const facts = supposedFacts(
      entries.flatMap(({ resource }) => resource.probes),
      isRunning || isEnding === true ? 'active' : 'inactive',
    )
    const owned = { mode: '0644', owner: 'root', group: 'root', uid: 0, gid: 0 }
    const directory: PathFact = { type: 'directory', ...owned }
    const paths: Record<string, PathFact> = { ...facts.paths, '/etc/etcd': directory }
    if (data !== undefined) paths['/var/lib/etcd/member/wal'] = directory
    if (this.certificates === 'there' || this.certificates === 'leaving')
      paths['/etc/etcd/etcdctl.env'] = { type: 'file', sizeBytes: 1, sha256: 'x', ...owned }
    if (first !== undefined)
      paths['/etc/etcd/bootstrap.env'] = { type: 'file', sizeBytes: 1, sha256: first, ...owned }
    const own = this.members.find(({ id }) => id === data)
    const answers = isRunning && own?.isLearner === false && this.hasQuorum()
    const answer = answers ? this.#answer(this.strays.includes(host) ? 2 : 1) : null
    return { ...facts, paths, answers: entries.length === 0 ? {} : { 'members of etcd': answer } }
  }

  #answer(clusterId: number): string {
    const members = this.members.map(({ id, name, peerUrl, isStarted, isLearner }) => {
      const started = isStarted ? `"name":"${name}","clientURLs":["${peerUrl}/client"],` : ''
      return `{"ID":${id},${started}"peerURLs":["${peerUrl}"]${isLearner ? ',"isLearner": true' : ''}}`
    })
    const statuses = this.members
      .filter((one) => this.runs(one))
      .map(({ id }) => `{"Status":{"header":{"member_id": ${id}},"version":"3.6.16"}}`)
    return `"cluster_id":${clusterId}\n{"header":{},"members":[${members.join(',')}]}\n[${statuses.join(',')}]`
  }

  /** Throws as etcd refuses, or as a program that is killed. */
  carryOut(host: string, { operation, guard }: Change): void {
    const machine = this.machine(host)
    if (guard?.exists !== undefined && machine.data === undefined) return
    switch (operation.op) {
      case 'etcd-member':
        this.#change(machine, operation)
        return
      case 'write':
        machine.first = 'new'
        return
      case 'remove':
        delete machine.first
        return
      case 'unit':
        if (operation.action !== 'stop' && operation.action !== 'start') return
        machine.isEnding = false
        if (operation.action === 'stop') machine.isRunning = false
        if (operation.action === 'start') this.start(host)
        return
      default:
    }
  }

  start(host: string): void {
    const machine = this.machine(host)
    const { peerUrl } = sampleMember(host, this.scheme)
    if (machine.data === undefined && machine.first === 'new') {
      if (this.members.length > 0 && !this.members.some((one) => one.peerUrl === peerUrl)) this.began += 1
      if (this.members.length === 0) for (const name of this.spec) this.#add(name, { isLearner: false })
    }
    const data = machine.data ?? this.members.find((one) => one.peerUrl === peerUrl)?.id
    const own = this.members.find(({ id }) => id === data)
    if (data === undefined || own === undefined) throw new Error(`etcd on ${host} is no member`)
    machine.data = data
    machine.isRunning = true
    own.isStarted = true
    own.name = host
  }

  #change(machine: Machine, { action, member, peerUrl, id }: OperationTypes['etcd-member']): void {
    if (!this.hasQuorum()) throw new Error('no quorum')
    switch (action) {
      case 'set-aside':
        delete machine.data
        return
      case 'join':
        if (id !== undefined) this.#remove(id)
        if (!this.members.some((one) => one.peerUrl === peerUrl)) {
          if (this.members.some(({ isLearner }) => isLearner)) throw new Error('too many learner members')
          if (!this.voters.every((one) => this.runs(one))) throw new Error('unhealthy cluster')
          this.#add(member, { isLearner: true })
        }
        machine.first = 'existing'
        return
      case 'move': {
        const own = this.members.find((one) => one.id.toString(16) === id)
        if (own === undefined) throw new Error('no such member')
        own.peerUrl = peerUrl
        return
      }
      case 'promote': {
        const own = this.members.find((one) => one.peerUrl === peerUrl)
        if (own === undefined || !this.runs(own)) throw new Error('not in sync')
        own.isLearner = false
        return
      }
      case 'remove':
        this.#remove(id ?? '')
        return
      default:
    }
  }

  /** As `strict-reconfig-check` has it: those that are left must have a majority that runs. */
  #remove(hex: string): void {
    const index = this.members.findIndex(({ id }) => id.toString(16) === hex)
    const [leaving] = this.members.slice(index)
    if (index < 0 || leaving === undefined) return
    const left = this.voters.filter((one) => one !== leaving)
    if (left.filter((one) => this.runs(one)).length * 2 <= left.length) throw new Error('unhealthy cluster')
    this.members.splice(index, 1)
    for (const machine of this.machines.values())
      if (machine.data === leaving.id && machine.isRunning) {
        machine.isRunning = false
        machine.isEnding = true
      }
  }

  #add(host: string, { isLearner }: { readonly isLearner: boolean }): void {
    const { peerUrl } = sampleMember(host, this.scheme)
    this.members.push({ id: this.#nextId, name: '', peerUrl, isStarted: false, isLearner })
    this.#nextId += 1n
  }
}
