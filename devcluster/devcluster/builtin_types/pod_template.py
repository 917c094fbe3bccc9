"""The parts of a pod: its spec with containers and volumes, and the template that workloads hold.

Lists carry the keys that apply and strategic merge use. Members that are not written down are kept as they are.
"""

from __future__ import annotations

from devcluster.builtin_types.schema_dsl import (
    Schema,
    atomic,
    boolean,
    conditions,
    free_map,
    integer,
    items,
    map_by,
    open_struct,
    patched_by,
    quantity,
    struct,
    text,
    zero,
)
from devcluster.structural.object_metadata import object_metadata_schema


def pod_template(description: str) -> Schema:
    """Return the schema of a pod template."""
    metadata = zero(object_metadata_schema())
    return struct(description, metadata=metadata, spec=zero(pod_spec("Desired behaviour of the pods.")))


def pod_spec(description: str) -> Schema:
    """Return the schema of a pod's spec."""
    pull_secret = atomic(struct("Names a Secret in the same namespace.", name=text("Name of the Secret.")))
    return open_struct(
        description,
        containers=map_by("name", of=_container(), description="Containers of the pod."),
        initContainers=map_by("name", of=_container(), description="Containers that run before the others."),
        ephemeralContainers=map_by("name", of=_container(), description="Containers added for debugging."),
        volumes=patched_by(
            "name", map_by("name", of=_volume(), description="Volumes that containers mount."), "merge,retainKeys"
        ),
        imagePullSecrets=map_by("name", of=pull_secret, description="Secrets for pulling images."),
        hostAliases=map_by("ip", of=open_struct("A line of the hosts file.", ip=text(), hostnames=items(text()))),
        tolerations=items(open_struct("A taint that the pod bears.")),
        topologySpreadConstraints=map_by(
            "topologyKey",
            "whenUnsatisfiable",
            of=open_struct(topologyKey=text(), whenUnsatisfiable=text(), maxSkew=integer()),
        ),
        readinessGates=items(open_struct(conditionType=text())),
        schedulingGates=map_by("name", of=struct(name=text())),
        resourceClaims=patched_by("name", map_by("name", of=open_struct(name=text())), "merge,retainKeys"),
        nodeSelector=atomic(free_map("Labels of nodes that the pod may run on.")),
        nodeName=text("Node that the pod runs on."),
        serviceAccountName=text("Account that the pod runs as."),
        serviceAccount=text("Older name of serviceAccountName."),
        automountServiceAccountToken=boolean("False keeps the token out of the pod."),
        restartPolicy=text("Always, OnFailure or Never.", default="Always"),
        dnsPolicy=text("Where names are resolved.", default="ClusterFirst"),
        terminationGracePeriodSeconds=integer("Seconds to stop gracefully.", format="int64", default=30),
        securityContext=open_struct("Security settings for all containers."),
        schedulerName=text("Scheduler that places the pod.", default="default-scheduler"),
        priorityClassName=text("Class of the pod's priority."),
        hostNetwork=boolean("True shares the node's network."),
        affinity=open_struct("Where the pod would like to run."),
    )


def pod_status() -> Schema:
    """Return the schema of a pod's status."""
    address = struct("An address of the pod.", ip=text())
    return open_struct(
        "Observed state of the pod.",
        phase=text("Pending, Running, Succeeded, Failed or Unknown."),
        conditions=conditions(),
        podIP=text("Address of the pod."),
        podIPs=map_by("ip", of=address, description="Addresses of the pod."),
        containerStatuses=items(
            open_struct("State of one container.", name=text(), ready=boolean(), restartCount=integer())
        ),
        initContainerStatuses=items(
            open_struct("State of one container.", name=text(), ready=boolean(), restartCount=integer())
        ),
    )


def _container() -> Schema:
    port = struct(
        "A port that the container listens on.",
        name=text("Name of the port."),
        containerPort=integer("Port of the container."),
        hostPort=integer("Port of the node."),
        hostIP=text("Address of the node to listen on."),
        protocol=text("TCP, UDP or SCTP.", default="TCP"),
    )
    ports = patched_by(
        "containerPort", map_by("containerPort", "protocol", of=port, description="Ports of the container.")
    )
    return open_struct(
        "One container of a pod.",
        name=text("Name of the container, unique in the pod."),
        image=text("Image to run."),
        command=items(text(), "Entry point in place of the image's."),
        args=items(text(), "Arguments of the entry point."),
        workingDir=text("Folder to start in."),
        ports=ports,
        env=map_by("name", of=_variable(), description="Environment variables."),
        envFrom=items(_environment_source(), "Sources of whole sets of environment variables."),
        resources=zero(_resources()),
        volumeMounts=map_by("mountPath", of=_mount(), description="Volumes and where they appear."),
        volumeDevices=map_by("devicePath", of=struct(name=text(), devicePath=text())),
        livenessProbe=open_struct("Tells whether to restart the container."),
        readinessProbe=open_struct("Tells whether the container takes requests."),
        startupProbe=open_struct("Tells whether the container has started."),
        lifecycle=open_struct("Actions at start and stop."),
        terminationMessagePath=text("File with the last words.", default="/dev/termination-log"),
        terminationMessagePolicy=text("Where the last words come from.", default="File"),
        imagePullPolicy=text("Always, IfNotPresent or Never."),
        securityContext=open_struct("Security settings of the container."),
    )


def _resources() -> Schema:
    claims = map_by("name", of=struct(name=text(), request=text()))
    amounts = free_map("Amounts by resource.", quantity())
    return struct("What the container needs and may use.", limits=amounts, requests=amounts, claims=claims)


def _key_selector(description: str) -> Schema:
    return atomic(struct(description, name=text("Name of the object."), key=text("Key to take."), optional=boolean()))


def _variable() -> Schema:
    source = open_struct(
        "Where the value comes from.",
        secretKeyRef=_key_selector("A key of a Secret."),
        configMapKeyRef=_key_selector("A key of a ConfigMap."),
        fieldRef=atomic(struct("A field of the pod.", apiVersion=text(), fieldPath=text())),
        resourceFieldRef=atomic(
            struct("A resource of a container.", containerName=text(), resource=text(), divisor=quantity())
        ),
    )
    return struct("An environment variable.", name=text("Name."), value=text("Value."), valueFrom=source)


def _environment_source() -> Schema:
    reference = struct("An object whose keys become variables.", name=text(), optional=boolean())
    return struct("Keys of one object.", prefix=text(), secretRef=reference, configMapRef=reference)


def _mount() -> Schema:
    return struct(
        "A volume in the container's file system.",
        name=text("Name of the volume."),
        mountPath=text("Where the volume appears."),
        subPath=text("Path inside the volume."),
        subPathExpr=text("Path inside the volume with variables."),
        readOnly=boolean("True forbids writing."),
        recursiveReadOnly=text("Whether mounts below are read-only too."),
        mountPropagation=text("How mounts spread between node and container."),
    )


def _volume() -> Schema:
    item = struct("A key and its file.", key=text(), path=text(), mode=integer())
    files = items(item, "Keys and their files.")
    secret = struct(
        "A Secret as files.", secretName=text(), items=files, defaultMode=integer(default=420), optional=boolean()
    )
    config_map = struct(
        "A ConfigMap as files.", name=text(), items=files, defaultMode=integer(default=420), optional=boolean()
    )
    return open_struct(
        "A volume of the pod.",
        name=text("Name of the volume, unique in the pod."),
        secret=secret,
        configMap=config_map,
        emptyDir=open_struct("A folder that lives as long as the pod."),
        projected=open_struct("Several sources in one folder.", sources=items(open_struct())),
        persistentVolumeClaim=open_struct("A claim in the same namespace.", claimName=text(), readOnly=boolean()),
        hostPath=open_struct("A path of the node.", path=text(), type=text()),
    )
