import type { Entry, Pointer } from '#core/manifest/entry.ts'
import type { Proposal, ProposalView } from '#core/manifest/proposal.ts'
import type { PointerMetadata, Publication, RegistryItem } from '#core/manifest/publish.ts'
import type { SealedSecret } from '#core/secrets/sealed.ts'
import type { Secret } from '#core/secrets/secret.ts'
import type { Standing, Turn } from '#core/switches/standing.ts'

export interface Registry {
  /** From this isolate's memory wherever possible. */
  find(app: string): Lookup | Promise<Lookup>
  /** Whether an entry of the app is in this isolate's memory, so that asking for it costs nothing. */
  remembers(app: string): boolean
}

export type Lookup =
  | { readonly kind: 'found'; readonly entry: Entry }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'invalid'; readonly detail: string }

/** Which hosts are apps' own. */
export interface Hosts {
  /**
   * The app that answers on a host, from this isolate's memory wherever possible; its manifest is still to be asked
   * whether it lists the host.
   *
   * @throws Fault `overloaded` where nothing is known and nobody can be asked
   */
  find(host: string): string | undefined | Promise<string | undefined>
}

/** The registry's storage, unparsed. */
export interface RegistryStore {
  pointer(app: string): Promise<unknown>
  /** The pointer, and the highest sequence that the app is known to have had; `undefined` when nobody can say. */
  newest(app: string): Promise<{ readonly pointer: unknown; readonly highest: number | undefined }>
  revision(app: string, digest: string): Promise<unknown>
  /** The app that a workload or a host belongs to, by its key; `undefined` when none is known. */
  ownerOf(key: string): Promise<string | undefined>
  /** Writes in the order given; a reader may see the first items without the last. */
  write(items: readonly RegistryItem[]): Promise<void>
  /** Forgets the pointer of an app; its revisions stay. */
  remove(app: string): Promise<void>
  /** The fleet rules, unparsed. */
  fleet(): Promise<unknown>
  /** The apps there are, by name, with what their pointers say of themselves; not to be relied on, only compared. */
  apps(page: { readonly limit: number; readonly cursor?: string }): Promise<AppPage>
  /** The same apps with the ends of their lives, as far as the list itself says when. */
  endings(page: { readonly limit: number; readonly cursor?: string }): Promise<EndingPage>
  /** The digests of the revisions of an app that are kept, in no order. */
  revisions(app: string): Promise<readonly string[]>
}

export interface EndingPage {
  readonly endings: readonly { readonly app: string; readonly expiresAt: string }[]
  readonly cursor?: string
}

export interface AppPage {
  readonly apps: readonly { readonly app: string; readonly about: Partial<PointerMetadata> }[]
  readonly cursor?: string
}

/** Whether apps may be used; decided by an operator, in force everywhere within 5 s. */
export interface Switches {
  /** @throws Fault `overloaded` when nothing is known and nobody can be asked */
  find(app: string): Standing | Promise<Standing>
}

/** Where operators' changes are made, so that every isolate hears of them. */
export interface Switchboard {
  turn(app: string, turn: Turn): Promise<Spread>
  /** Makes a publication known, which KV already holds. `behind` names the sequence that is in force already. */
  publish(publication: Publication): Promise<Spread | { readonly behind: number }>
  /** Turns an app off that is leaving the registry, and serves nothing of it any more. */
  remove(app: string, turn: Turn): Promise<Spread>
  /** Keeps what waits for a second person, until something of the app is published. */
  propose(proposal: Proposal): Promise<void>
  /** What waits, of one app or of all, oldest first. */
  proposals(app?: string): Promise<readonly ProposalView[]>
  proposal(app: string, digest: string): Promise<Proposal | undefined>
  /** Lets go of what waits. */
  withdraw(app: string, digest: string): Promise<void>
  /** Remembers that a revision was approved, so that going back to it needs no second approval. */
  approved(app: string, digest: string): Promise<void>
  wasApproved(app: string, digest: string): Promise<boolean>
  /** The replicas that lack a change; they are told again until they have it. */
  behind(): Promise<readonly string[]>
  /** Makes known that an app had this sequence, so that none below it counts where entries are signed. */
  raise(app: string, sequence: number): Promise<void>
  /** Makes every isolate read again what it remembers of an app. */
  renew(app: string): Promise<Spread>
  /** `pointer`: what was published here lately, which KV may not show yet. */
  find(app: string): Promise<{ readonly turn?: Turn; readonly sequence: number; readonly pointer?: Pointer }>
}

/** The replicas that had not confirmed a change when it was answered; they are told again until they do. */
export interface Spread {
  readonly lacking: readonly string[]
}

/** Sealed secrets as they are stored. Nobody gets a value back from here. */
export interface SecretStore {
  put(app: string, name: string, sealed: SealedSecret): Promise<Spread>
  get(app: string, name: string): Promise<SealedSecret | undefined>
  /** @param app `undefined`: of all apps */
  list(app: string | undefined, cursor?: string): Promise<SealedPage>
}

export interface SealedPage {
  readonly items: readonly (Pick<SealedSecret, 'sealedAt' | 'sealedBy' | 'kek'> & {
    readonly app: string
    readonly name: string
  })[]
  readonly cursor?: string
}

export interface Secrets {
  /** The secret of an app by its name; `undefined` when the name resolves to nothing. */
  find(app: string, name: string): Promise<Secret | undefined>
  /** The same, counted nowhere and remembered nowhere; throws where only a vault outside could tell. */
  peek(app: string, name: string): Promise<Secret | undefined>
}
