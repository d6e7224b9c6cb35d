//! Skeleton.
use std::process::ExitCode;
fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    if let ["supervise", folder] = words[..] {
        return botadura::steps::process::supervise(folder.as_ref());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    let ended = runtime.block_on(async {
        match words[..] {
            ["route", "--root", root, "--listen", listen] => {
                let listen = listen.parse().map_err(|_| "not an address".to_owned())?;
                botadura::steps::directory::router::route(root.into(), listen).await.map_err(|error| error.to_string())
            }
            ["demo-app"] => {
                let port = std::env::var("PORT").ok();
                botadura::cli::demo::app::run(".".into(), port).await.map_err(|error| error.to_string())
            }
            _ => Err("supervise, route or demo-app".to_owned()),
        }
    });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            use std::io::Write;
            let _ = writeln!(std::io::stderr(), "botadura: {error}");
            ExitCode::FAILURE
        }
    }
}
