import type { CallOptions, Link } from './bridge.js';
import { readProjectInfo, writeProjectSpec } from './protocol/codec.js';
import type { Json } from './protocol/helpers.js';
import type { ProjectInfo, ProjectSpecInput } from './protocol/model.js';
import { idOf, type Reference } from './values.js';

/** Where agents work. */
export class Projects {
  readonly #link: Link;

  /** @internal */
  constructor(link: Link) {
    this.#link = link;
  }

  /**
   * Creates the project, or updates what is given of one that is there.
   *
   * Rejects with `conflict` when there is one of this name at another path.
   */
  async ensure(name: string, spec: Omit<ProjectSpecInput, 'name'>, { signal }: CallOptions = {}): Promise<ProjectInfo> {
    const given = writeProjectSpec({ ...spec, name });
    return readProjectInfo(await this.#link.command('projects.ensure', { spec: given }, signal));
  }

  /** One project. */
  async get(project: Reference, { signal }: CallOptions = {}): Promise<ProjectInfo> {
    return readProjectInfo(await this.#link.query('projects.get', { project: idOf(project) }, signal));
  }

  /** All projects. */
  async list({ signal }: CallOptions = {}): Promise<ProjectInfo[]> {
    return (await this.#link.query('projects.list', {}, signal)).map((project: Json) => readProjectInfo(project));
  }
}
