import type { RouteName } from '../../pipeline/routes.ts';
import type { VmSettings } from './vm-parameters.ts';

/** Lists of the VM API that go by ids. */
export type ListName = 'hosts' | 'knowledgeBase';

/** Where a call goes. */
export interface Target {
  readonly route: RouteName;
  readonly path: string;
  /** Root element of its answers. */
  readonly root: string;
}

/** A list that goes by ids. */
export interface IdList extends Target {
  /** Route of its ids, which are asked for on the same path, but ask for little. */
  readonly idRoute: RouteName;
  /** The KnowledgeBase documents no `truncation_limit`; its pages are cut by ids alone. */
  readonly hasLimit: boolean;
}

/** The lists that go by ids. */
export function listsOf({ KB_API_VERSION, VM_API_VERSION }: VmSettings): Readonly<Record<ListName, IdList>> {
  return {
    hosts: {
      path: `/api/${VM_API_VERSION}/fo/asset/host/`,
      route: 'vm/hosts',
      idRoute: 'vm/ids',
      root: 'HOST_LIST_OUTPUT',
      hasLimit: true,
    },
    knowledgeBase: {
      path: `/api/${KB_API_VERSION}/fo/knowledge_base/vuln/`,
      route: 'vm/kb',
      idRoute: 'vm/kb-ids',
      root: 'KNOWLEDGE_BASE_VULN_LIST_OUTPUT',
      hasLimit: false,
    },
  };
}

/** The host detections. */
export function detectionsOf({ VM_API_VERSION }: VmSettings): Target {
  return {
    path: `/api/${VM_API_VERSION}/fo/asset/host/vm/detection/`,
    route: 'vm/detections',
    root: 'HOST_LIST_VM_DETECTION_OUTPUT',
  };
}
