//! Which keys do what, and what may follow a chord begun.

use super::action::{ACTIONS, Action, ActionInfo, Scope};
use super::key::{Key, Keys};
use std::collections::BTreeMap;

/// Bindings of keys to actions.
#[derive(Debug, Clone)]
pub struct Keymap {
    bindings: Vec<(Scope, Keys, Action)>,
}

/// What the keys pressed so far mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// An action.
    Found(Action),
    /// The beginning of something longer.
    Pending,
    /// Nothing.
    Unknown,
}

/// A line of a keymap file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct KeymapFault {
    /// What is wrong, with the entry's name.
    pub message: String,
}

impl Default for Keymap {
    fn default() -> Self {
        let of = |info: &'static ActionInfo| {
            let parsed = info.keys.iter().filter_map(|keys| keys.parse().ok());
            parsed.map(move |keys| (info.scope, keys, info.action))
        };
        Self { bindings: ACTIONS.iter().flat_map(of).collect() }
    }
}

impl Keymap {
    /// Lays a keymap file over the built-in keys: a TOML table `[keys]` of
    /// action names to a key or a list of keys. An action named there loses its
    /// built-in keys. Faulty entries are reported and the rest is used.
    pub fn overlay(&mut self, text: &str) -> Vec<KeymapFault> {
        let fault = |message: String| KeymapFault { message };
        let table: toml::Table = match text.parse() {
            Ok(table) => table,
            Err(error) => return vec![fault(error.to_string())],
        };
        let Some(keys) = table.get("keys").and_then(|keys| keys.as_table()) else {
            return vec![fault("a keymap has a table named [keys]".into())];
        };
        let mut faults = Vec::new();
        for (id, value) in keys {
            match self.bind(id, value) {
                Ok(()) => {}
                Err(message) => faults.push(fault(format!("{id}: {message}"))),
            }
        }
        faults.extend(self.conflicts().into_iter().map(fault));
        faults
    }

    fn bind(&mut self, id: &str, value: &toml::Value) -> Result<(), String> {
        let action = Action::from_id(id).ok_or("there is no such action; see `predella keys`")?;
        let texts: Vec<&str> = match value {
            toml::Value::String(text) => vec![text],
            toml::Value::Array(list) => list.iter().filter_map(toml::Value::as_str).collect(),
            _ => return Err("takes a key or a list of keys".into()),
        };
        let keys = texts.iter().map(|text| text.parse::<Keys>()).collect::<Result<Vec<_>, _>>()?;
        if let Some(key) = keys.iter().flat_map(|keys| &keys.0).find(|key| key.is_ambiguous()) {
            return Err(format!(
                "{key} cannot be told from another key, or belongs to the programs around"
            ));
        }
        self.bindings.retain(|(_, _, bound)| *bound != action);
        self.bindings.extend(keys.into_iter().map(|keys| (action.info().scope, keys, action)));
        Ok(())
    }

    /// Sequences that reach two actions in one scope, or that hide a longer one.
    pub fn conflicts(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (i, (scope, keys, action)) in self.bindings.iter().enumerate() {
            for (other_scope, other, other_action) in &self.bindings[i + 1..] {
                let meet = scope == other_scope;
                if meet
                    && action != other_action
                    && (keys.0.starts_with(&other.0) || other.0.starts_with(&keys.0))
                {
                    found.push(format!(
                        "{keys} is {} and {other} is {}",
                        action.info().id,
                        other_action.info().id
                    ));
                }
            }
        }
        found
    }

    /// What keys mean in a scope; its own bindings win over the global ones.
    pub fn lookup(&self, scope: Scope, pressed: &[Key]) -> Lookup {
        let mut pending = false;
        for scope in [scope, Scope::Global] {
            let own = self.bindings.iter().filter(|(s, _, _)| *s == scope);
            for (_, keys, action) in own {
                if keys.0 == pressed {
                    return Lookup::Found(*action);
                }
                pending |= keys.0.len() > pressed.len() && keys.0.starts_with(pressed);
            }
            if pending {
                return Lookup::Pending;
            }
        }
        Lookup::Unknown
    }

    /// What may follow the keys pressed so far, for the box that helps.
    pub fn continuations(&self, scope: Scope, pressed: &[Key]) -> Vec<(Keys, Action)> {
        let fits = |(s, keys, action): &(Scope, Keys, Action)| {
            let here = *s == scope || *s == Scope::Global;
            let longer = keys.0.len() > pressed.len() && keys.0.starts_with(pressed);
            (here && longer).then(|| (Keys(keys.0[pressed.len()..].to_vec()), *action))
        };
        self.bindings.iter().filter_map(fits).collect()
    }

    /// The keys of an action, first one first.
    pub fn keys_of(&self, action: Action) -> Vec<String> {
        let own = self.bindings.iter().filter(|(_, _, bound)| *bound == action);
        own.map(|(_, keys, _)| keys.to_string()).collect()
    }

    /// Every binding by scope, in the order of help.
    pub fn by_scope(&self) -> BTreeMap<&'static str, Vec<(String, &'static ActionInfo)>> {
        let mut scopes: BTreeMap<&'static str, Vec<_>> = BTreeMap::new();
        for info in ACTIONS {
            let keys = self.keys_of(info.action).join("  ");
            scopes.entry(info.scope.title()).or_default().push((keys, info));
        }
        scopes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(text: &str) -> Vec<Key> {
        text.parse::<Keys>().unwrap().0
    }

    #[test]
    fn the_built_in_keys_parse_agree_and_can_be_typed_anywhere() {
        let keymap = Keymap::default();
        let written: usize = ACTIONS.iter().map(|info| info.keys.len()).sum();
        assert_eq!(keymap.bindings.len(), written, "a built-in key does not parse");
        assert_eq!(keymap.conflicts(), Vec::<String>::new());
        assert!(
            keymap.bindings.iter().flat_map(|(_, keys, _)| &keys.0).all(|key| !key.is_ambiguous())
        );
    }

    #[test]
    fn a_view_wins_over_everywhere() {
        let keymap = Keymap::default();
        assert_eq!(keymap.lookup(Scope::Queue, &press("J")), Lookup::Found(Action::Later));
        assert_eq!(keymap.lookup(Scope::Board, &press("J")), Lookup::Found(Action::MoveDown));
        assert_eq!(keymap.lookup(Scope::Board, &press("g")), Lookup::Pending);
        assert_eq!(keymap.lookup(Scope::Board, &press("g g")), Lookup::Found(Action::Top));
        assert_eq!(keymap.lookup(Scope::Board, &press("g z")), Lookup::Unknown);
        assert!(keymap.continuations(Scope::Board, &press("g")).len() > 4);
    }

    #[test]
    fn a_file_replaces_keys_and_its_faults_are_named() {
        let mut keymap = Keymap::default();
        let faults = keymap
            .overlay("[keys]\npaint = [\"ctrl-g\", \"f5\"]\nstar = \"ctrl-m\"\nfly = \"f\"\n");
        let text = faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        assert!(
            text.contains("star: ctrl-m cannot be told") && text.contains("fly: there is no such"),
            "{text}"
        );
        assert_eq!(keymap.keys_of(Action::Paint), ["ctrl-g", "f5"]);
        assert_eq!(keymap.lookup(Scope::Board, &press("enter")), Lookup::Unknown);
    }
}
