//! What steps do that talk to vendors, kind by kind.

use std::time::Duration;

use super::{
    super::{
        mistake::Code,
        model::{
            Action, Checks, CloudFront, EcsService, EcsTask, FirebaseHosting, Helm, Image, KubernetesDeployment, KubernetesJob,
            KubernetesScale, RdsSnapshot, Registry, Render, Route53, S3Site, Severity, Vercel, Workflow,
        },
        written::{self, Kind},
        yaml::Path,
    },
    Checker, Placed,
    fields::Fields,
};

/// How long a check may be missing.
const APPEAR: Duration = Duration::from_mins(10);

/// The most replicas that anybody asks for.
const MOST_REPLICAS: u64 = 10_000;

impl Checker<'_> {
    pub(super) fn kind(&mut self, path: &Path, kind: Kind, templates: &mut Vec<Placed>) -> Option<Action> {
        let kind = match kind {
            Kind::Command(command) => return self.command(path, *command, templates).map(Action::Command),
            Kind::Http(http) => return Some(Action::Http(self.http(path, *http, templates))),
            Kind::Directory(directory) => return self.directory(path, *directory, templates).map(Action::Directory),
            other => other,
        };
        let mut fields = Fields { checker: self, path: path.clone(), templates };
        Some(match kind {
            Kind::Checks(checks) => Action::Checks(fields.checks(*checks)),
            Kind::Workflow(workflow) => Action::Workflow(fields.workflow(*workflow)),
            Kind::Image(image) => Action::Image(fields.image(*image)?),
            Kind::EcsService(service) => Action::EcsService(Box::new(fields.ecs_service(*service))),
            Kind::EcsTask(task) => Action::EcsTask(fields.ecs_task(*task)),
            Kind::S3Site(site) => Action::S3Site(fields.s3_site(*site)?),
            Kind::Route53(record) => Action::Route53(fields.route53(&record)),
            Kind::RdsSnapshot(snapshot) => Action::RdsSnapshot(fields.rds_snapshot(&snapshot)),
            Kind::KubernetesDeployment(deployment) => Action::KubernetesDeployment(fields.kubernetes_deployment(*deployment)),
            Kind::KubernetesJob(job) => Action::KubernetesJob(fields.kubernetes_job(*job)),
            Kind::KubernetesScale(scale) => Action::KubernetesScale(fields.kubernetes_scale(*scale)),
            Kind::Helm(helm) => Action::Helm(fields.helm(*helm)),
            Kind::Vercel(vercel) => Action::Vercel(fields.vercel(&vercel)?),
            Kind::Render(render) => Action::Render(fields.render(&render)?),
            Kind::FirebaseHosting(site) => Action::FirebaseHosting(fields.firebase_hosting(*site)?),
            Kind::Command(_) | Kind::Http(_) | Kind::Directory(_) => return None,
        })
    }
}

impl Fields<'_, '_> {
    fn checks(&mut self, written: written::Checks) -> Checks {
        let at = if written.plain { self.path.clone() } else { self.path.key("names") };
        self.checker.something(&at, Some(&written.names), "name a check");
        for (i, name) in written.names.iter().enumerate() {
            self.checker.fixed(&at.item(i), name);
            if written.names[..i].contains(name) {
                self.checker.wrong(&at.item(i), Code::Again(name.clone()));
            }
        }
        let appear_within = self.checker.span(&self.path.key("appear_within"), written.appear_within.as_ref()).unwrap_or(APPEAR);
        Checks { names: written.names, appear_within }
    }

    fn workflow(&mut self, written: written::Workflow) -> Workflow {
        let is_yaml = matches!(written.file.rsplit_once('.'), Some((_, "yml" | "yaml")));
        if !is_yaml || written.file.contains(['/', '\\', '{']) || written.file.starts_with(['-', '.']) {
            self.form("file", &written.file, "the name of a workflow's file in .github/workflows (build.yml)");
        }
        let outputs = self.checker.word(&self.path.key("outputs"), written.outputs.as_deref(), &[("artifact", ())]).is_some();
        for (i, name) in written.artifacts.iter().enumerate() {
            self.checker.fixed(&self.path.key("artifacts").item(i), name);
        }
        Workflow { file: written.file, inputs: self.map("inputs", written.inputs), outputs, artifacts: written.artifacts }
    }

    fn image(&mut self, written: written::Image) -> Option<Image> {
        let registry = self.below("registry").registry(written.registry);
        let is_ecr = matches!(registry, Some(Registry::Ecr { .. }) | None);
        if written.scan.is_some() && !is_ecr {
            self.checker.useless(&self.path, "scan", "only Amazon's registry scans what is pushed");
        }
        if let Some(platform) = &written.platform
            && !platform.split_once('/').is_some_and(|(os, rest)| !os.is_empty() && !rest.is_empty() && is_tag(&platform.replace('/', "")))
        {
            self.form("platform", platform, "a platform (linux/amd64)");
        }
        for (key, tags) in [("tags", &written.tags), ("move_tags", &written.move_tags)] {
            for (i, tag) in tags.iter().enumerate().filter(|(_, tag)| !tag.contains("{{") && !is_tag(tag)) {
                self.checker.form(
                    &self.path.key(key).item(i),
                    tag,
                    "an image's tag (letters, digits, '_', '.' and '-', no '.' or '-' first)",
                );
            }
        }
        let words = [("low", Severity::Low), ("medium", Severity::Medium), ("high", Severity::High), ("critical", Severity::Critical)];
        let fail_on = written.scan.map(|scan| scan.fail_on);
        Some(Image {
            repository: self.value("repository", &written.repository),
            context: self.inside("context", written.context.unwrap_or_else(|| ".".to_owned())),
            dockerfile: written.dockerfile.map(|file| self.inside("dockerfile", file)),
            platform: written.platform,
            build_args: self.map("build_args", written.build_args),
            tags: self.texts("tags", &written.tags),
            move_tags: self.texts("move_tags", &written.move_tags),
            fail_on: self.checker.word(&self.path.key("scan").key("fail_on"), fail_on.as_deref(), &words),
            registry: registry?,
        })
    }

    fn registry(&mut self, written: written::Registry) -> Option<Registry> {
        let login = [("username", written.username.is_some()), ("password", written.password.is_some())];
        match (written.ecr, written.host) {
            (Some(ecr), None) => {
                for (key, _) in login.into_iter().filter(|(_, there)| *there) {
                    self.checker.useless(&self.path, key, "Amazon's registry takes the server's own credentials");
                }
                Some(Registry::Ecr { region: self.below("ecr").name("region", ecr.region) })
            }
            (None, Some(host)) => {
                self.checker.fixed(&self.path.key("host"), &host);
                if host.contains('/') {
                    self.form("host", &host, "a registry's name (ghcr.io, localhost:5000)");
                }
                if let [(_, true), (missing, false)] | [(missing, false), (_, true)] = login {
                    self.checker.wrong(&self.path, Code::MissingKey(missing.to_owned()));
                }
                let password = written.password.and_then(|password| self.secret("password", &password));
                Some(Registry::Host { host, username: self.name("username", written.username), password })
            }
            (ecr, _) => {
                let found = if ecr.is_some() { vec!["ecr", "host"] } else { vec![] };
                self.checker.wrong(&self.path, Code::ExactlyOne { of: &["ecr", "host"], found });
                None
            }
        }
    }

    fn ecs_service(&mut self, written: written::EcsService) -> EcsService {
        if written.service.is_some() == written.traffic.is_some() {
            let found = if written.service.is_some() { vec!["service", "traffic"] } else { vec![] };
            self.checker.wrong(&self.path, Code::ExactlyOne { of: &["service", "traffic"], found });
        }
        if written.force {
            for (key, there) in [
                ("image", written.image.is_some()),
                ("container", written.container.is_some()),
                ("environment", !written.environment.is_empty()),
                ("secrets", !written.secrets.is_empty()),
                ("traffic", written.traffic.is_some()),
            ] {
                if there {
                    self.checker.useless(&self.path, key, "with 'force' the running revision is deployed again as it is");
                }
            }
        } else if written.image.is_none() {
            self.checker.wrong(&self.path, Code::MissingKey("image".to_owned()));
        }
        EcsService {
            cluster: self.value("cluster", &written.cluster),
            service: self.optional("service", written.service.as_ref()),
            image: self.optional("image", written.image.as_ref()),
            container: self.name("container", written.container),
            environment: self.map("environment", written.environment),
            secrets: self.map("secrets", written.secrets),
            force: written.force,
            traffic: written.traffic.map(|traffic| self.below("traffic").traffic(traffic)),
        }
    }

    fn ecs_task(&mut self, written: written::EcsTask) -> EcsTask {
        EcsTask {
            cluster: self.value("cluster", &written.cluster),
            task: self.value("task", &written.task),
            service: self.value("service", &written.service),
            container: self.name("container", written.container),
            image: self.optional("image", written.image.as_ref()),
            command: self.texts("command", &written.command),
            output: written.expect.map(|expect| self.below("expect").text("output", &expect.output)),
        }
    }

    fn s3_site(&mut self, written: written::S3Site) -> Option<S3Site> {
        let from = self.from(written.from);
        let cloudfront = written.cloudfront.map(|distribution| self.below("cloudfront").cloudfront(&distribution));
        Some(S3Site {
            bucket: self.value("bucket", &written.bucket),
            prefix: self.optional("prefix", written.prefix.as_ref()),
            delete: written.delete,
            cloudfront,
            from: from?,
        })
    }

    fn cloudfront(&mut self, written: &written::CloudFront) -> CloudFront {
        let everything = ["/*".to_owned()];
        let paths = written.paths.as_deref();
        self.checker.something(&self.path.key("paths"), paths, "name a path, or leave the key out to invalidate everything");
        for (i, path) in paths.into_iter().flatten().enumerate().filter(|(_, path)| !path.starts_with(['/', '{'])) {
            self.checker.form(&self.path.key("paths").item(i), path, "a path that begins with '/'");
        }
        CloudFront {
            distribution: self.value("distribution", &written.distribution),
            paths: self.texts("paths", paths.unwrap_or(&everything)),
        }
    }

    fn route53(&mut self, written: &written::Route53) -> Route53 {
        let alias = &written.to.alias;
        Route53 {
            zone: self.value("zone", &written.zone),
            record: self.value("record", &written.record),
            alias: self.below("to").below("alias").value("name", &alias.name),
            alias_zone: self.below("to").below("alias").optional("zone", alias.zone.as_ref()),
        }
    }

    fn rds_snapshot(&mut self, written: &written::RdsSnapshot) -> RdsSnapshot {
        if written.instance.is_some() == written.cluster.is_some() {
            let found = if written.instance.is_some() { vec!["instance", "cluster"] } else { vec![] };
            self.checker.wrong(&self.path, Code::ExactlyOne { of: &["instance", "cluster"], found });
        }
        RdsSnapshot {
            instance: self.optional("instance", written.instance.as_ref()),
            cluster: self.optional("cluster", written.cluster.as_ref()),
        }
    }

    fn kubernetes_deployment(&mut self, written: written::KubernetesDeployment) -> KubernetesDeployment {
        KubernetesDeployment {
            cluster: self.cluster(written.cluster),
            namespace: self.value("namespace", &written.namespace),
            deployment: self.value("deployment", &written.deployment),
            container: self.name("container", written.container),
            image: self.value("image", &written.image),
        }
    }

    fn kubernetes_job(&mut self, written: written::KubernetesJob) -> KubernetesJob {
        if written.container.is_some() && written.image.is_none() {
            self.checker.useless(&self.path, "container", "without an 'image' none is changed");
        }
        KubernetesJob {
            cluster: self.cluster(written.cluster),
            namespace: self.value("namespace", &written.namespace),
            manifest: self.inside("manifest", written.manifest),
            image: self.optional("image", written.image.as_ref()),
            container: self.name("container", written.container),
        }
    }

    fn kubernetes_scale(&mut self, written: written::KubernetesScale) -> KubernetesScale {
        self.checker.bounded(&self.path.key("replicas"), written.replicas.into(), 0, MOST_REPLICAS);
        KubernetesScale {
            cluster: self.cluster(written.cluster),
            namespace: self.value("namespace", &written.namespace),
            deployment: self.value("deployment", &written.deployment),
            replicas: written.replicas,
        }
    }

    fn helm(&mut self, written: written::Helm) -> Helm {
        for (i, file) in written.values.iter().enumerate() {
            self.checker.path_inside(&self.path.key("values").item(i), file);
        }
        Helm {
            cluster: self.cluster(written.cluster),
            release: self.value("release", &written.release),
            chart: self.inside("chart", written.chart),
            namespace: self.value("namespace", &written.namespace),
            values: self.texts("values", &written.values),
            set: self.text_map("set", written.set),
        }
    }

    fn vercel(&mut self, written: &written::Vercel) -> Option<Vercel> {
        let token = self.secret("token", &written.token);
        Some(Vercel {
            project: self.value("project", &written.project),
            team: self.optional("team", written.team.as_ref()),
            target: self.optional("target", written.target.as_ref()),
            alias: self.optional("alias", written.alias.as_ref()),
            token: token?,
        })
    }

    fn render(&mut self, written: &written::Render) -> Option<Render> {
        let token = self.secret("token", &written.token);
        Some(Render { service: self.value("service", &written.service), clear_cache: written.clear_cache, token: token? })
    }

    fn firebase_hosting(&mut self, written: written::FirebaseHosting) -> Option<FirebaseHosting> {
        let credentials = self.secret("credentials", &written.credentials);
        let from = self.from(written.from);
        Some(FirebaseHosting {
            site: self.value("site", &written.site),
            channel: self.optional("channel", written.channel.as_ref()),
            config: written.config,
            credentials: credentials?,
            from: from?,
        })
    }
}

/// What a registry takes as a tag.
fn is_tag(text: &str) -> bool {
    text.len() <= 128
        && text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'))
}
