//! The gazetteer as questions know it: regions by their names, names by their places.

use std::cell::RefCell;

use kinora_chat::{Places, Region};
use kinora_types::{Control, GeoPoint};

use crate::{
    EngineError,
    countries::COUNTRIES,
    engine::Shared,
    places::{City, Gazetteer, around},
};

/// Names of places, read when the first is asked for.
pub(crate) struct NamedPlaces<'a> {
    shared: &'a Shared,
    control: &'a Control,
    is_known: bool,
    /// A list that is broken, or that nobody waits for any more, is no unknown place.
    fault: RefCell<Option<EngineError>>,
}

impl<'a> NamedPlaces<'a> {
    /// Of the list of places, if it is here.
    ///
    /// # Errors
    /// If the store cannot be looked into.
    pub(crate) fn new(shared: &'a Shared, control: &'a Control) -> Result<Self, EngineError> {
        let is_known = shared.store.path_if_here("places")?.is_some();
        Ok(Self { shared, control, is_known, fault: RefCell::new(None) })
    }

    /// Why the list could not be read, if it could not.
    pub(crate) fn fault(&self) -> Option<EngineError> {
        self.fault.take()
    }

    fn gazetteer(&self) -> Option<&'a Gazetteer> {
        let gazetteer = self.is_known.then(|| self.shared.gazetteer(self.control))?;
        gazetteer.map_err(|error| self.fault.replace(Some(error))).ok()
    }
}

impl Places for NamedPlaces<'_> {
    fn region(&self, name: &str) -> Option<Region> {
        let gazetteer = self.gazetteer()?;
        let country = COUNTRIES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        let country = country.map(|(_, code)| Region::Country((*code).to_owned()));
        country.or_else(|| gazetteer.city(name).map(City::point).map(Region::Town))
    }

    fn name(&self, point: GeoPoint) -> Option<String> {
        let gazetteer = self.gazetteer()?;
        let (city, km) = gazetteer.nearest(point)?;
        let country = COUNTRIES.iter().find(|(_, code)| *code == &*city.countrycode);
        let name = match country {
            Some((country, _)) => format!("{}, {country}", city.name),
            None => city.name.to_string(),
        };
        Some(around(name, km))
    }

    fn country(&self, point: GeoPoint) -> Option<String> {
        Some(self.gazetteer()?.nearest(point)?.0.countrycode.to_string())
    }

    fn is_known(&self) -> bool {
        self.is_known
    }
}
